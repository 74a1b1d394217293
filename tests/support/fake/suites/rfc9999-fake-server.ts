import { defineSuite } from '../../../../harness/suite/define-suite.ts'

/** A suite for servers, so that not everything is for clients. */
export default defineSuite(
  { specification: 'RFC 9999', title: 'Fake servers', category: 'Core', role: 'xmpp-server' },
  ({ test }) => {
    test('rfc9999/2.1/floats', { section: '2.1', level: 'MUST', statement: 'it floats' }, async () => {})
    test('rfc9999/A.1/anchors', { section: 'A.1', level: 'SHOULD', statement: 'it anchors' }, async () => {})
  },
)
