import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import { counted, isBind, manage, session, sm, smHead, withCount } from './_client-sm.ts'

const control = 'xep-0198/3/client-enables-after-binding'
const answers = 'xep-0198/4/client-answers-request'
const failed = `<failed xmlns='${sm}'><internal-server-error xmlns='${ns.stanzaErrors}'/></failed>`

export default defineSuite({ ...smHead, requires: [capability('sm')] }, ({ test }) => {
  test(control, {
    section: '3',
    level: 'MUST',
    statement: 'stream management is switched on when a resource has been bound, not before',
  }, async (fixtures) => {
    const { server, expect } = fixtures
    await manage(fixtures)
    const { received = [] } = server.connection ?? {}
    const enabling = received.findIndex((element) => element.is('enable', sm))
    expect.ok(received.findIndex(isBind) < enabling, 'the bind request first', '<enable/> first')
    expect.ok(session(fixtures).jid === server.connection?.jid, 'a managed stream', 'none')
  })

  test('xep-0198/3/client-enables-not-before-login', {
    section: '3',
    leads: false,
    level: 'MUST',
    control,
    statement: 'a server that offers stream management before authentication is not taken at its word',
  }, async ({ server, client, expect }) => {
    server.offer('sm')
    server.deviate('features.encrypted', ({ usual }) => usual.replace('>', `><sm xmlns='${sm}'/>`))
    await client.attempt()
    const [connection] = server.connections
    const asked = connection?.received.findIndex((element) => element.getNS() === sm) ?? -1
    const bound = connection?.received.findIndex(isBind) ?? -1
    expect.ok(asked < 0 || (bound >= 0 && bound < asked), 'no <enable/> before login', 'it asked at once', 'believed')
  })

  test('xep-0198/3/client-enables-once', {
    section: '3',
    leads: false,
    level: 'MUST',
    control,
    statement: 'a client tries once to switch stream management on, and not again when that failed',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    server.deviate('sm.enabled', failed)
    await manage(fixtures)
    await client.canary()
    const [connection] = server.connections
    const tries = connection?.received.filter((element) => element.is('enable', sm)).length
    expect.equal(tries, 1, 'times that it asked')
  })

  test('xep-0198/6/client-goes-on-unmanaged', {
    section: '6',
    leads: false,
    level: 'SHOULD',
    control,
    statement: 'a server that fails to switch stream management on is worked with all the same',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    server.offer('sm')
    server.deviate('sm.enabled', failed)
    expect.online(await client.attempt(), 'though its stream cannot be managed')
    expect.alive(await client.canary(), '<failed/>')
  })

  test(answers, {
    section: '4',
    leads: true,
    level: 'MUST',
    control,
    statement: 'a request for acknowledgement is answered with a number',
  }, async (fixtures) => {
    await manage(fixtures)
    const { h } = await counted(fixtures)
    fixtures.expect.ok(/^\d+$/.test(h ?? ''), 'a number', `"${h}"`)
  })

  test('xep-0198/4/client-counts-stanzas', {
    section: '4',
    level: 'MUST',
    control: answers,
    statement: 'what is acknowledged is the number of stanzas that came: messages, presences and IQs alike',
  }, async (fixtures) => {
    const { server, client, expect, contact } = fixtures
    const jid = await manage(fixtures)
    for (let sent = 0; sent < 3; sent++) {
      server.send(`<message from='${contact}/x' to='${jid}' type='chat'><body>one more</body></message>`)
      server.send(`<presence from='${contact}/x' to='${jid}'/>`)
    }
    expect.alive(await client.canary(), 'three messages and three presences')
    const { h, sent } = await counted(fixtures)
    expect.equal(h, String(sent), 'h')
  })

  test('xep-0198/4/client-counts-nothing-else', {
    section: '4',
    leads: false,
    level: 'MUST',
    control: 'xep-0198/4/client-counts-stanzas',
    statement: 'requests for acknowledgement and acknowledgements are no stanzas, and are not counted',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    await manage(fixtures)
    await counted(fixtures)
    server.send([`<a xmlns='${sm}' h='${session(fixtures).handled}'/>`])
    await counted(fixtures)
    expect.alive(await client.canary(), 'two requests for acknowledgement')
    const { h, sent } = await counted(fixtures)
    expect.equal(h, String(sent), 'h')
  })

  test('xep-0198/4/client-counts-from-enabled', {
    section: '4',
    leads: false,
    level: 'MUST',
    control: 'xep-0198/4/client-counts-stanzas',
    statement: 'the count of what came starts when the server says that it is managed: not with what came before',
  }, async (fixtures) => {
    const { server, client, expect, contact, account } = fixtures
    const early = `<message from='${contact}/x' to='${account.jid}' type='chat'><body>early</body></message>`
    server.deviate('sm.enabled', ({ usual }) => [early, early, usual])
    await manage(fixtures)
    // Its answer shows that it has taken <enabled/>: whether it counts what comes in the same breath is another question.
    await counted(fixtures)
    expect.alive(await client.canary(), 'messages before <enabled/>')
    const { h, sent } = await counted(fixtures)
    expect.equal(h, String(sent), 'h')
  })

  test('xep-0198/4/client-acknowledges-before-it-closes', {
    section: '4',
    leads: false,
    level: 'SHOULD',
    control: answers,
    statement: 'a client that closes its stream says first how much it has handled, so that nothing is sent twice',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    await manage(fixtures)
    expect.alive(await client.canary(), 'a query')
    const { sent } = session(fixtures)
    const earlier = server.seen((element) => element.is('a', sm)).length
    await client.call('logout')
    expect.closed(await client.closes(), 'it was told to log out')
    const last = server.seen((element) => element.is('a', sm)).slice(earlier)
    expect.ok(last.length > 0, `<a h='${sent}'/> before the end`, 'none')
    expect.equal(last.at(-1)?.attrs.h, String(sent), 'h')
  })

  test('xep-0198/7/client-closes-its-stream', {
    section: '7',
    leads: false,
    level: 'MUST',
    control,
    statement: 'a client that ends its session closes the stream: only then is it gone for its contacts',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    await manage(fixtures)
    const { connection } = server
    await client.call('logout')
    await client.closes()
    expect.ok(connection?.footerSeen, 'that it closes the stream', 'it went without a word', 'silent')
  })

  test('xep-0198/6/client-closes-on-count-too-high', {
    section: '6',
    leads: false,
    level: 'SHOULD',
    control: answers,
    statement: 'a server that acknowledges more stanzas than it was sent gets a stream error',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    await manage(fixtures)
    server.send(`<a xmlns='${sm}' h='${session(fixtures).handled + 1_000}'/>`)
    expect.closed(await client.canary(), 'an acknowledgement of stanzas that were never sent')
  })

  const counts = [
    {
      slug: 'enormous-count',
      what: 'an acknowledgement of four thousand million stanzas',
      told: () => ['4294967295'],
    },
    {
      slug: 'count-going-back',
      what: 'an acknowledgement that takes back an earlier one',
      told: (handled: number) => [String(handled), String(Math.max(0, handled - 1)), '0'],
    },
    {
      slug: 'count-that-is-no-number',
      what: 'an acknowledgement whose count is no number',
      told: () => ['', ' ', 'many', '-1', '1.5', '0x10', '1e3', '\u0663', '9'.repeat(400)],
    },
  ]
  for (const { slug, what, told } of counts) {
    test(`xep-0198/6/client-survives-${slug}`, {
      section: '6',
      leads: slug === 'enormous-count',
      level: 'none',
      security: true,
      control: answers,
      statement: `${what} does not stop the client`,
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      await manage(fixtures)
      for (const h of told(session(fixtures).handled)) server.send(withCount(`<a xmlns='${sm}' h=''/>`, h))
      if (slug === 'count-that-is-no-number') server.send(`<a xmlns='${sm}'/>`)
      expect.unharmed(await client.canary(), what)
    })
  }
})
