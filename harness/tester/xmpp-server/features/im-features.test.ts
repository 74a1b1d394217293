import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Account } from '../../../lab/lab.ts'
import { CaseRecorder } from '../../recorder.ts'
import { ns } from '../../xmpp-client/namespaces.ts'
import { RawStream } from '../../xmpp-client/raw-stream.ts'
import { createCertificateStore } from '../certificate-kinds.ts'
import type { OfferName } from '../offers.ts'
import { ScriptedServer } from '../scripted-server.ts'
import { rosterVersion } from './roster-versions.ts'
import { managedSession, smNamespace as sm } from './stream-management.ts'

const domain = 'assay.test'
const account: Account = { local: 'romeo', domain, jid: `romeo@${domain}`, password: 'wherefore' }
const certificates = await createCertificateStore(domain, '127.0.0.1')

async function world(...offered: OfferName[]) {
  const recorder = new CaseRecorder()
  const server = await ScriptedServer.start({ domain, account, transport: 'direct-tls', certificates, recorder })
  server.offer(...offered)
  const { port } = server
  const endpoints = { host: '127.0.0.1', directTls: port, domain, services: {}, ca: certificates.caPem }
  const connect = async () => {
    const stream = await RawStream.connect(endpoints, recorder.connection('peer'), { transport: 'direct-tls' })
    await stream.open()
    return { stream, features: await stream.features() }
  }
  const login = async () => {
    const { stream } = await connect()
    assert.ok((await stream.authenticate(account, 'PLAIN')).succeeded)
    await stream.open()
    return { stream, features: await stream.features() }
  }
  return { server, connect, login }
}

const named = (name: string) => (element: { getName(): string }) => element.getName() === name
const chat = (body: string) => `<message to='${account.jid}' type='chat'><body>${body}</body></message>`

test('a managed stream is counted on both sides, and goes on where another connection takes it up', async () => {
  const { server, login } = await world('sm')
  const { stream, features } = await login()
  assert.ok(features.getChild('sm', sm))
  const jid = await stream.bind()
  await stream.write(`<enable xmlns='${sm}' resume='true'/>`)
  const { id } = (await stream.next(named('enabled'), 'enabled')).attrs
  assert.ok(id)
  await stream.write(`${chat('one')}${chat('two')}<r xmlns='${sm}'/>`)
  assert.equal((await stream.next(named('a'), 'an acknowledgement')).attrs.h, '2')
  assert.equal(managedSession(server.connection)?.sent, 2)
  await stream.write(`<a xmlns='${sm}' h='1'/>`)
  stream.destroy()
  const { stream: again } = await login()
  await again.write(`<resume xmlns='${sm}' previd='${id}' h='1'/>`)
  assert.deepEqual((await again.next(named('resumed'), 'resumed')).attrs, { xmlns: sm, h: '2', previd: id })
  const repeated = await again.next(named('message'), 'the message that was not acknowledged')
  assert.equal(repeated.getChildText('body'), 'two')
  assert.equal(server.connection?.jid, jid)
  await again.write(`${chat('three')}<r xmlns='${sm}'/>`)
  assert.equal((await again.next(named('a'), 'an acknowledgement')).attrs.h, '3')
  assert.equal(managedSession(server.connection)?.sent, 3)
  assert.equal(server.deviated, false)
  again.destroy()
  await server.close()
})

test('what came before <enabled/> is not counted; a session that nobody had is refused; enabling needs a resource', async () => {
  const { server, login } = await world('sm')
  const { stream } = await login()
  await stream.write(`<resume xmlns='${sm}' previd='nobody' h='0'/>`)
  const failed = await stream.next(named('failed'), 'failed')
  assert.ok(failed.getChild('item-not-found', ns.stanzaErrors))
  await stream.write(`<enable xmlns='${sm}'/>`)
  const early = await stream.next(named('failed'), 'failed')
  assert.ok(early.getChild('unexpected-request', ns.stanzaErrors))
  await stream.bind()
  server.deviate('sm.enabled', ({ usual }) => [`<message><body>before</body></message>`, usual])
  await stream.write(`<enable xmlns='${sm}'/>`)
  assert.equal((await stream.next(named('enabled'), 'enabled')).attrs.id, undefined)
  server.send(`<message><body>behind</body></message>`)
  assert.equal(managedSession(server.connection)?.sent, 1)
  stream.destroy()
  await server.close()
})

test('within SASL2, a stream is managed with the resource and resumed instead of one', async () => {
  const { server, connect } = await world('sm', 'sasl2', 'bind2')
  const plain = Buffer.from(`\0${account.local}\0${account.password}`).toString('base64')
  const authenticate = async (inline: string) => {
    const { stream, features } = await connect()
    assert.ok(features.toString().includes(sm))
    await stream.write(
      `<authenticate xmlns='${ns.sasl2}' mechanism='PLAIN'><initial-response>${plain}</initial-response>${inline}</authenticate>`,
    )
    return { stream, success: await stream.next(named('success'), 'success') }
  }
  const first = await authenticate(`<bind xmlns='${ns.bind2}'><enable xmlns='${sm}' resume='true'/></bind>`)
  const { id } = first.success.getChild('bound', ns.bind2)?.getChild('enabled', sm)?.attrs ?? {}
  assert.ok(id)
  await first.stream.features()
  const jid = server.connection?.jid
  server.send(`<message><body>unheard</body></message>`)
  first.stream.destroy()
  const again = await authenticate(`<resume xmlns='${sm}' previd='${id}' h='0'/><bind xmlns='${ns.bind2}'/>`)
  assert.equal(again.success.getChild('resumed', sm)?.attrs.previd, id)
  assert.equal(again.success.getChild('bound', ns.bind2), undefined)
  assert.equal(again.success.getChildText('authorization-identifier'), jid)
  const next = await again.stream.next(() => true, 'what follows')
  assert.equal(next.getChildText('body'), 'unheard')
  const gone = await authenticate(`<resume xmlns='${sm}' previd='nobody' h='0'/><bind xmlns='${ns.bind2}'/>`)
  assert.ok(gone.success.getChild('failed', sm) && gone.success.getChild('bound', ns.bind2))
  for (const { stream } of [again, gone]) stream.destroy()
  await server.close()
})

test('who names the version of the roster gets no roster', async () => {
  const { server, login } = await world('roster-versions')
  const { stream, features } = await login()
  assert.ok(features.getChild('ver', 'urn:xmpp:features:rosterver'))
  await stream.bind()
  const whole = await stream.iq(`<iq type='get' id='1'><query xmlns='${ns.roster}' ver=''/></iq>`)
  assert.equal(whole.getChild('query', ns.roster)?.attrs.ver, rosterVersion)
  const same = await stream.iq(`<iq type='get' id='2'><query xmlns='${ns.roster}' ver='${rosterVersion}'/></iq>`)
  assert.equal(same.getChildElements().length, 0)
  stream.destroy()
  await server.close()
})

test('a block list is kept, and what changes in it is pushed behind the answer', async () => {
  const { server, login } = await world('blocking')
  const { stream } = await login()
  await stream.bind()
  const item = `<item jid='mallory@elsewhere.test'/>`
  await stream.iq(`<iq type='get' id='a'><blocklist xmlns='urn:xmpp:blocking'/></iq>`)
  const answer = await stream.iq(`<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'>${item}</block></iq>`)
  assert.equal(answer.attrs.type, 'result')
  const push = await stream.next(({ attrs }) => attrs.type === 'set', 'a push')
  assert.ok(push.getChild('block', 'urn:xmpp:blocking')?.getChild('item'))
  const list = await stream.iq(`<iq type='get' id='l'><blocklist xmlns='urn:xmpp:blocking'/></iq>`)
  assert.equal(list.getChild('blocklist')?.getChild('item')?.attrs.jid, 'mallory@elsewhere.test')
  stream.destroy()
  await server.close()
})

test('a room shows who is there, then the client itself, then the subject; what is said comes back', async () => {
  const { server, login } = await world('muc')
  const { stream } = await login()
  await stream.bind()
  const room = `verona@rooms.${domain}`
  await stream.write(`<presence to='${room}/Romeo'><x xmlns='http://jabber.org/protocol/muc'/></presence>`)
  const subject = await stream.next(named('message'), 'the subject')
  assert.ok(subject.getChild('subject'))
  const seen = stream.seen(({ attrs }) => attrs.from?.startsWith(room) === true)
  assert.deepEqual(
    seen.map(({ name, attrs }) => `${name} ${attrs.from}`),
    [`presence ${room}/Nurse`, `presence ${room}/Romeo`],
  )
  assert.ok(seen[1]?.toString().includes(`code="110"`))
  await stream.write(`<message to='${room}' type='groupchat'><body>hello</body></message>`)
  const said = await stream.next((element) => element.getChildText('body') === 'hello', 'what was said')
  assert.equal(said.attrs.type, 'groupchat')
  stream.destroy()
  await server.close()
})
