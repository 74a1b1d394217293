import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ManifestInput, manifestSchema } from '../lab/implementation.ts'
import type { CatalogueCase } from '../record/results-schema.ts'
import { listVariants } from './registry.ts'
import { type Selection, select, selectCases } from './select.ts'
import { UsageError } from './usage-error.ts'

const manifest = (id: string, given: Partial<ManifestInput>) =>
  manifestSchema.parse({
    id,
    name: id,
    family: id,
    homepage: `https://${id}.example/`,
    roles: ['xmpp-server'],
    runtime: 'docker',
    variants: [],
    ...given,
  })
const npm = (version: string, more = {}) => ({ version, source: { kind: 'npm' as const, package: 'p' }, ...more })
const variants = await listVariants(
  [
    manifest('prosody', { variants: [npm('0.11.9'), npm('13.0.1'), npm('13.0.7')] }),
    manifest('ejabberd', { variants: [npm('24.12')] }),
    manifest('stanza', {
      roles: ['xmpp-client'],
      runtime: 'embedded',
      capabilities: ['starttls', 'websocket'],
      variants: [npm('12.22.1'), npm('9.0', { lacks: { websocket: 'not yet' } })],
    }),
  ],
  async (runtime) => (runtime === 'docker' ? 'no engine' : undefined),
)

const one = (id: string, suite: string, role: string, control?: string): CatalogueCase => ({
  id,
  suite,
  specification: 'S',
  version: '',
  section: '1',
  url: '',
  level: 'MUST',
  statement: id,
  role,
  ...(control ? { control } : {}),
})
const catalogue = {
  specifications: [],
  cases: [
    one('xep-0280/7/a', 'carbons', 'xmpp-server'),
    one('xep-0280/8/b', 'carbons', 'xmpp-server'),
    one('rfc6120/4/c', 'streams', 'xmpp-server'),
    one('rfc6120/5/right', 'hostile', 'xmpp-client'),
    one('rfc6120/5/wrong', 'hostile', 'xmpp-client', 'rfc6120/5/right'),
  ],
}
const cells = (selection: Selection) => select(selection, variants, catalogue).map(({ cell }) => cell)
const ids = (selection: Selection) => cells(selection).map(({ id }) => id)
const refuses = (selection: Selection, message: RegExp) =>
  assert.throws(
    () => cells(selection),
    (error: unknown) => error instanceof UsageError && message.test(error.message),
  )

describe('what is selected', () => {
  test('without options: the default profile, the newest of each, one cell a transport', () => {
    assert.deepEqual(ids({}), ['stanza@12.22.1+starttls'])
    assert.deepEqual(cells({})[0]?.environment, { runtime: 'embedded', transport: 'starttls' })
  })

  test('a further transport is asked what is about it, with its controls', () => {
    const control = catalogue.cases.find(({ id }) => id === 'rfc6120/5/right')
    assert.ok(control)
    const framing = { ...control, id: 'rfc7395/3/frames', transports: ['websocket'], control: control.id }
    const more = { ...catalogue, cases: [...catalogue.cases, framing] }
    const [first, second] = select({}, variants, more).map(({ cell }) => cell)
    assert.deepEqual([first?.id, second?.id], ['stanza@12.22.1+starttls', 'stanza@12.22.1+websocket'])
    assert.ok(!first?.cases.includes(framing.id))
    assert.deepEqual(second?.cases, ['rfc6120/5/right', 'rfc7395/3/frames'])
  })

  test('servers: one cell a variant, with all cases of their role and the reason why they cannot run', () => {
    const selected = select({ profile: 'servers' }, variants, catalogue)
    assert.deepEqual(
      selected.map(({ cell }) => cell.id),
      ['prosody@0.11.9', 'prosody@13.0.1', 'prosody@13.0.7', 'ejabberd@24.12'],
    )
    assert.deepEqual(selected[0]?.cell.cases, ['xep-0280/7/a', 'xep-0280/8/b', 'rfc6120/4/c'])
    assert.ok(selected.every(({ unavailable }) => unavailable === 'no engine'))
  })

  test('an implementation by id, version, beginning of a version, or cell', () => {
    assert.deepEqual(ids({ implementations: ['ejabberd', 'prosody@13.0.7'] }), ['ejabberd@24.12', 'prosody@13.0.7'])
    assert.deepEqual(ids({ implementations: ['prosody@13'] }), ['prosody@13.0.1', 'prosody@13.0.7'])
    assert.deepEqual(ids({ implementations: ['prosody@13', 'prosody@13.0.7'] }), ['prosody@13.0.1', 'prosody@13.0.7'])
    assert.deepEqual(ids({ implementations: ['stanza@9.0'] }), ['stanza@9.0+starttls'])
    assert.deepEqual(ids({ implementations: ['stanza@12.22.1+websocket'] }), ['stanza@12.22.1+websocket'])
    assert.deepEqual(ids({ implementations: ['stanza'], transports: ['websocket'] }), ['stanza@12.22.1+websocket'])
  })

  test('cases and suites by id and pattern; a control comes along, and before', () => {
    assert.deepEqual(cells({ implementations: ['ejabberd'], cases: ['xep-0280/*'] })[0]?.cases, [
      'xep-0280/7/a',
      'xep-0280/8/b',
    ])
    assert.deepEqual(cells({ implementations: ['ejabberd'], suites: ['carb*'], cases: ['*/7/*'] })[0]?.cases, [
      'xep-0280/7/a',
    ])
    assert.deepEqual(cells({ cases: ['rfc6120/5/wrong'] })[0]?.cases, ['rfc6120/5/right', 'rfc6120/5/wrong'])
    assert.deepEqual(selectCases({ suites: ['streams'] }, catalogue).length, 1)
  })

  test('a thorough run asks what others leave out, and so does one that names it', () => {
    const [first, ...rest] = catalogue.cases
    assert.ok(first)
    const tiered = { ...catalogue, cases: [first, ...rest.map((one) => ({ ...one, thorough: true }))] }
    assert.deepEqual(selectCases({}, tiered), [first])
    assert.equal(selectCases({ thorough: true }, tiered).length, catalogue.cases.length)
    assert.equal(selectCases({ suites: ['carb*'] }, tiered).length, 2)
  })

  test('a target and a client of the user’s own', () => {
    const [target] = cells({ target: { uri: 'xmpps://example.org:5223', accounts: [] } })
    assert.equal(target?.id, 'target@example.org-5223')
    assert.deepEqual(target?.environment, { runtime: 'target' })
    assert.equal(target?.implementations[0]?.version, 'example.org:5223')
    assert.deepEqual(ids({ client: '/usr/bin/my-client --x', transports: ['starttls'] }), ['client@my-client+starttls'])
    assert.deepEqual(ids({ client: 'python3 bot.py' }), ['client@python3+starttls'])
    assert.equal(ids({ client: 'python3 bot.py', transports: ['direct-tls', 'websocket'] }).length, 2)
  })
})

describe('what is refused', () => {
  test('unknown ids, with the nearest ones', () => {
    refuses({ implementations: ['prosdy'] }, /--implementation prosdy: .*did you mean prosody/)
    refuses({ implementations: ['prosody@0.11.8'] }, /did you mean prosody@0\.11\.9/)
    refuses({ profile: 'server' }, /--profile server: .*did you mean servers\?; there are embedded, .*servers/)
    refuses({ suites: ['carbon'] }, /--suite carbon: .*did you mean carbons/)
    refuses({ cases: ['xep-0280/7/b'] }, /--case xep-0280\/7\/b: .*did you mean/)
    refuses({ cases: ['xep-9999/*'] }, /fits none of the 5 cases/)
    refuses({ transports: ['starttsl'] }, /--transport starttsl: .*did you mean starttls/)
    refuses({ runtime: 'doker' }, /--runtime doker: .*did you mean docker/)
  })

  test('what leaves nothing to run, with the reason', () => {
    refuses(
      { cases: ['xep-0280/*'] },
      /cases chosen are for role xmpp-server, the implementations chosen have role xmpp-client/,
    )
    refuses({ suites: ['streams'], cases: ['xep-0280/*'] }, /no case is both/)
    refuses(
      { implementations: ['stanza@9.0'], transports: ['websocket'] },
      /no implementation and case chosen fit together/,
    )
    refuses({ profile: 'servers', implementations: ['stanza'] }, /stanza: is not in profile servers/)
    refuses({ profile: 'servers', target: { uri: 'xmpp://a', accounts: [] } }, /leave out --profile/)
    refuses({ client: 'x', target: { uri: 'xmpp://a', accounts: [] } }, /cannot be given together/)
  })
})
