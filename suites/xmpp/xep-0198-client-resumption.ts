import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, ns } from '../../harness/suite/index.ts'
import {
  breakConnection,
  comeBack,
  counted,
  isBind,
  manage,
  onlineAgain,
  resumed,
  secondHandshake,
  session,
  sm,
  smHead,
  withCount,
} from './_client-sm.ts'

const control = 'xep-0198/5/client-resumes'
const notFound = `<failed xmlns='${sm}'><item-not-found xmlns='${ns.stanzaErrors}'/></failed>`
const bodyIs = (body: string) => (element: { name: string; getChildText(name: string): string | null }) =>
  element.name === 'message' && element.getChildText('body') === body

/** Lets the client send a message of which it never hears that the server has it. */
async function sendUnheard(fixtures: ClientFixtures): Promise<{ body: string; before: number }> {
  const { server, client, contact, unique, expect } = fixtures
  await manage(fixtures)
  expect.alive(await client.canary(), 'logging in')
  const before = session(fixtures).handled
  server.deviate('sm.ack', ({ usual, number }) => (number === 1 ? withCount(usual, before) : undefined))
  const body = unique('unheard')
  // Some wait with the answer until the server has acknowledged the message, which it does not.
  client.call('message', { to: contact, body }).catch(() => {})
  await server.next(bodyIs(body), { awaited: 'the message' })
  return { body, before }
}

export default defineSuite({ ...smHead, requires: [capability('sm'), capability('resumption')] }, ({ test }) => {
  test(control, {
    section: '5',
    leads: true,
    level: 'MUST',
    statement:
      'a client whose connection broke asks for its stream again, by the id that it was given and with its count',
  }, async (fixtures) => {
    const { client, expect } = fixtures
    await manage(fixtures)
    await client.canary()
    const { id } = session(fixtures)
    const resume = await resumed(fixtures)
    await onlineAgain(fixtures)
    expect.equal(resume.attrs.previd, id, 'previd')
    expect.ok(/^\d+$/.test(resume.attrs.h ?? ''), 'a number for h', resume)
    expect.alive(await client.canary(), 'its stream was resumed')
  })

  test('xep-0198/5/client-resumes-with-its-count', {
    section: '5',
    leads: false,
    level: 'MUST',
    control,
    statement: 'the count with which a client resumes is the number of stanzas that it has handled',
  }, async (fixtures) => {
    const { client, expect } = fixtures
    await manage(fixtures)
    expect.alive(await client.canary(), 'logging in')
    const { sent } = session(fixtures)
    const resume = await resumed(fixtures)
    expect.equal(resume.attrs.h, String(sent), 'h')
  })

  test('xep-0198/5/client-carries-count-over', {
    section: '5',
    leads: false,
    level: 'MUST',
    control: 'xep-0198/4/client-counts-stanzas',
    statement: 'a stream that goes on is counted on, not from the start',
  }, async (fixtures) => {
    const { client, expect } = fixtures
    await manage(fixtures)
    expect.alive(await client.canary(), 'logging in')
    await resumed(fixtures)
    await onlineAgain(fixtures)
    expect.alive(await client.canary(), 'its stream was resumed')
    const { h, sent } = await counted(fixtures)
    expect.equal(h, String(sent), 'h')
  })

  test('xep-0198/5/client-takes-id-as-it-is', {
    section: '5',
    leads: false,
    level: 'MUST',
    control,
    statement: 'the id of a stream is opaque: it comes back as it was, with whatever characters',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    const odd = `&lt;a b=&quot;c&amp;amp;d&quot;/&gt; \u00e9\u265a%20+${'x'.repeat(1_000)}`
    server.deviate('sm.enabled', ({ usual }) => usual.replace(/ id='[^']*'/, ` id='${odd}'`))
    await manage(fixtures)
    await client.canary()
    const { id } = session(fixtures)
    const resume = await resumed(fixtures)
    expect.equal(resume.attrs.previd, id, 'previd')
  })

  test('xep-0198/5/client-sends-unhandled-again', {
    section: '5',
    level: 'MUST',
    control,
    statement: 'what the server had not handled when the connection broke is sent again on the resumed stream',
  }, async (fixtures) => {
    const { server } = fixtures
    const { body, before } = await sendUnheard(fixtures)
    server.deviate('sm.resumed', ({ usual }) => withCount(usual, before))
    await resumed(fixtures)
    await server.next(bodyIs(body), { awaited: 'the message, once more' })
  })

  test('xep-0198/5/client-sends-handled-no-more', {
    section: '5',
    leads: false,
    level: 'SHOULD',
    control: 'xep-0198/5/client-sends-unhandled-again',
    statement: 'what the server says at resumption that it had handled is not sent again',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    const { body } = await sendUnheard(fixtures)
    await resumed(fixtures)
    await onlineAgain(fixtures)
    expect.alive(await client.canary(), 'its stream was resumed')
    expect.equal(server.seen(bodyIs(body)).length, 1, 'times that the message came')
  })

  test('xep-0198/5/client-asks-no-roster-after-resumption', {
    section: '5',
    leads: false,
    level: 'SHOULD',
    control,
    statement: 'a client whose stream was resumed does not ask for the roster again',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    await manage(fixtures)
    expect.alive(await client.canary(), 'logging in')
    await resumed(fixtures)
    await onlineAgain(fixtures)
    expect.alive(await client.canary(), 'its stream was resumed')
    const later = server.connections.slice(1).flatMap(({ received }) => received)
    expect.none(
      later.filter((element) => element.is('iq') && element.getChild('query', ns.roster) !== undefined),
      'request for the roster',
    )
  })

  test('xep-0198/5/client-sends-no-presence-after-resumption', {
    section: '5',
    leads: false,
    level: 'SHOULD',
    control,
    statement: 'a client whose stream was resumed does not send its presence again',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    await manage(fixtures)
    expect.alive(await client.canary(), 'logging in')
    await resumed(fixtures)
    await onlineAgain(fixtures)
    expect.alive(await client.canary(), 'its stream was resumed')
    const later = server.connections.slice(1).flatMap(({ received }) => received)
    expect.none(
      later.filter((element) => element.is('presence')),
      'presence',
    )
  })

  test('xep-0198/6/client-starts-anew-after-failed-resumption', {
    section: '6',
    leads: false,
    level: 'SHOULD',
    control,
    statement: 'a client that is told that its stream is gone binds a resource and goes on with a new session',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    server.deviate('sm.resumed', notFound)
    await manage(fixtures)
    await client.canary()
    const earlier = new Set(server.seen(isBind))
    await resumed(fixtures)
    await server.next((element) => isBind(element) && !earlier.has(element), { awaited: 'a bind request' })
    await onlineAgain(fixtures)
    expect.alive(await client.canary(), 'its old stream was gone')
  })

  test('xep-0198/4/client-loses-no-message-silently', {
    section: '4',
    leads: false,
    level: 'SHOULD',
    control: 'xep-0198/5/client-sends-unhandled-again',
    statement:
      'a message of which nobody knows whether it arrived is sent again in the new session, or the user is told',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    const { body } = await sendUnheard(fixtures)
    server.deviate('sm.resumed', notFound)
    await resumed(fixtures)
    await client.canary()
    const again = server.seen(bodyIs(body)).length > 1
    const told = client.told('unsent', (params) => params.body === body).length > 0
    expect.ok(again || told, 'the message once more, or a word about it', 'neither', 'silent')
  })

  const unpromised = [
    {
      slug: 'client-resumes-nothing-unpromised',
      what: 'not said that it can be resumed',
      change: (usual: string) => usual.replace(/ resume='true'/, ''),
    },
    {
      slug: 'client-resumes-nothing-without-id',
      what: 'given no id for',
      change: (usual: string) => usual.replace(/ id='[^']*'/, ''),
    },
  ]
  for (const { slug, what, change } of unpromised) {
    test(`xep-0198/5/${slug}`, {
      section: '5',
      leads: false,
      level: 'none',
      control,
      statement: `a stream that the server has ${what} is not asked for again: the client binds a resource`,
    }, async (fixtures) => {
      const { server, client, expect } = fixtures
      server.deviate('sm.enabled', ({ usual }) => change(usual))
      await manage(fixtures)
      await client.canary()
      const [{ received } = { received: [] }] = server.connections
      const first = received.find(isBind)
      const next = await comeBack(
        fixtures,
        (element) => element !== first && (element.is('resume', sm) || isBind(element)),
        'a client that comes back',
      )
      expect.ok(isBind(next), 'a bind request', next, 'believed')
      await onlineAgain(fixtures)
      expect.alive(await client.canary(), 'it came back')
    })
  }

  test('xep-0198/5/client-refuses-other-stream', {
    section: '5',
    leads: false,
    level: 'none',
    control,
    statement: 'a server that resumes another stream than was asked for is not gone on with',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    server.deviate('sm.resumed', ({ usual }) => usual.replace(/previd='[^']*'/, `previd='another'`))
    await manage(fixtures)
    await client.canary()
    await resumed(fixtures)
    await onlineAgain(fixtures)
    const { kind, said } = await client.canary()
    expect.ok(
      kind !== 'alive',
      'that it starts anew, or closes',
      `it went on as if it were its own ${said}`,
      'believed',
    )
    expect.ok(kind !== 'dies' && kind !== 'hangs', 'that it lives', `${kind} ${said}`)
  })

  test('xep-0198/5/client-survives-odd-count-at-resumption', {
    section: '5',
    leads: false,
    level: 'none',
    security: true,
    control,
    statement: 'a stream that is resumed with a count that is no number does not stop the client',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    server.deviate('sm.resumed', ({ usual }) => withCount(usual, 'many'))
    await manage(fixtures)
    await client.canary()
    await resumed(fixtures)
    await onlineAgain(fixtures)
    expect.unharmed(await client.canary(), 'a count that is no number')
  })

  const elsewhere = (fixtures: ClientFixtures) =>
    fixtures.network.listen(fixtures.transport === 'direct-tls' ? 'direct-tls' : 'starttls')

  test('xep-0198/5/client-comes-back-where-it-is-told', {
    section: '5',
    leads: false,
    level: 'none',
    requires: [capability('tcp')],
    control,
    statement: 'a client whose server has named a place for coming back goes there first',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    const place = await elsewhere(fixtures)
    server.deviate('sm.enabled', ({ usual }) => usual.replace('/>', ` location='${place.text}'/>`))
    await manage(fixtures)
    await client.canary()
    await resumed(fixtures)
    expect.ok(place.arrivals > 0, `a connection to ${place.text}`, 'it came back to where it was before', 'ignored')
  })

  test('xep-0198/3/client-verifies-host-that-it-comes-back-to', {
    section: '3',
    leads: false,
    level: 'none',
    security: true,
    requires: [capability('tcp')],
    control,
    statement:
      'whatever place a client comes back to, named by the server or not, has to show a certificate for the domain',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    const place = await elsewhere(fixtures)
    server.deviate('sm.enabled', ({ usual }) => usual.replace('/>', ` location='${place.text}'/>`))
    server.deviate('tls.certificate', ({ number }) => (number === 1 ? 'right' : 'other-name'))
    await manage(fixtures)
    await client.canary()
    const secrets = server.secrets.length
    breakConnection(fixtures)
    const goesOn = await secondHandshake(fixtures)
    expect.ok(!goesOn && server.secrets.length === secrets, 'that it does not go on there', 'it went on', 'believed')
  })
})
