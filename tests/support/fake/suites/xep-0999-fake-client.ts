import { defineSuite } from '../../../../harness/suite/define-suite.ts'

/** Twenty cases whose names tell the fake job process what to make of them. */
export default defineSuite(
  { specification: 'XEP-0999', version: '1.0', title: 'Fakes', category: 'Other', role: 'xmpp-client' },
  ({ test }) => {
    const add = (slug: string, more: { control?: string } = {}) =>
      test(`xep-0999/1/${slug}`, {
        section: '1',
        level: 'MUST',
        statement: `${slug} holds`,
        leads: true,
        ...more,
      }, async () => {})
    for (let number = 1; number <= 15; number++) add(`pass-${String(number).padStart(2, '0')}`)
    add('control')
    add('hostile', { control: 'xep-0999/1/control' })
    add('changing')
    add('failing')
    add('warning')
  },
)
