import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, type Element, ns } from '../../harness/suite/index.ts'
import { comeBack, onlineAgain, sm, smHead } from './_client-sm.ts'

const control = 'xep-0198/9.2/client-goes-on-where-it-was-resumed-inline'
const requires = ['sm', 'resumption', 'sasl2', 'bind2'].map(capability)
const isAuthenticate = (element: Element) => element.is('authenticate', ns.sasl2)

/** Logs in where streams are managed within SASL2, breaks the connection, and waits until the client is online again. */
async function returns(fixtures: ClientFixtures): Promise<Element> {
  const { server, client, given, expect } = fixtures
  server.offer('sasl2', 'bind2', 'sm')
  await client.login()
  expect.alive(await client.canary(), 'logging in')
  await given('the client manages its stream', async () => {
    const enabling = server.seen((element) => element.toString().includes(`<enable xmlns="${sm}"`))
    if (enabling.length === 0) throw new Error('it does not')
  })
  const earlier = new Set(server.seen(isAuthenticate))
  const request = await given('the client authenticates by SASL2 again', () =>
    comeBack(fixtures, (element) => isAuthenticate(element) && !earlier.has(element), '<authenticate/>'),
  )
  await onlineAgain(fixtures)
  return request
}

export default defineSuite({ ...smHead, requires }, ({ test }) => {
  test(control, {
    section: '9.2',
    leads: false,
    level: 'none',
    statement: 'a client that asks for its stream while it authenticates goes on with it, and binds no resource',
  }, async (fixtures) => {
    const { server, client, expect, given } = fixtures
    const request = await returns(fixtures)
    await given('the client resumes while it authenticates', async () => {
      if (!request.getChild('resume', sm)) throw new Error('it does not')
    })
    expect.alive(await client.canary(), 'its stream was resumed within the success')
    const later = server.connections.slice(1).flatMap(({ received }) => received)
    expect.none(
      later.filter((element) => element.is('iq') && element.getChild('bind', ns.bind) !== undefined),
      'bind request',
    )
  })

  test('xep-0198/9.2.1/client-takes-resource-after-failed-inline-resumption', {
    section: '9.2.1',
    leads: false,
    level: 'none',
    control,
    statement: 'a client whose stream is gone goes on with the resource that stands beside the failure',
  }, async (fixtures) => {
    const { server, client, expect } = fixtures
    server.deviate('sm.resumed', `<failed xmlns='${sm}'><item-not-found xmlns='${ns.stanzaErrors}'/></failed>`)
    await returns(fixtures)
    expect.alive(await client.canary(), 'its stream was gone')
  })
})
