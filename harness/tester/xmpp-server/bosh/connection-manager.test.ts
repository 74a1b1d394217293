// The connection manager of the scripted server, asked as HTTP clients ask it (XEP-0124, XEP-0206).
import assert from 'node:assert/strict'
import https from 'node:https'
import { type TestContext, test } from 'node:test'
import type { Account } from '../../../lab/lab.ts'
import { CaseRecorder } from '../../recorder.ts'
import { parseElement } from '../../xml/stream-parser.ts'
import { ns } from '../../xmpp-client/namespaces.ts'
import { createCertificateStore } from '../certificate-kinds.ts'
import { boshPath, ScriptedServer } from '../scripted-server.ts'

const domain = 'assay.test'
const account: Account = { local: 'romeo', domain, jid: `romeo@${domain}`, password: 'wherefore' }
const certificates = await createCertificateStore(domain, '127.0.0.1')

interface Answer {
  status: number
  text: string
}

async function start(test: TestContext) {
  const recorder = new CaseRecorder()
  const server = await ScriptedServer.start({ domain, account, transport: 'bosh', certificates, recorder })
  const agent = new https.Agent({ keepAlive: true, ca: certificates.caPem })
  test.after(async () => {
    agent.destroy()
    await server.close()
  })
  const ask = (text: string, options: https.RequestOptions = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const request = https.request(
        { host: '127.0.0.1', port: server.port, path: boshPath, method: 'POST', agent, ...options },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          )
        },
      )
      request.on('error', reject)
      request.end(text)
    })
  const body = (attributes: string, content = '') =>
    ask(`<body ${attributes} xmlns='${ns.httpBind}' xmlns:xmpp='${ns.xbosh}'>${content}</body>`)
  const create = async (rid = 1000, more = '') => {
    const { text } = await body(`rid='${rid}' to='${domain}' wait='60' hold='1' ver='1.6' xmpp:version='1.0' ${more}`)
    const answer = read(text)
    return { answer, sid: answer.attrs.sid ?? '' }
  }
  /** Logs in; the next rid is returned. */
  const login = async (sid: string, from: number) => {
    const plain = Buffer.from(`\0${account.local}\0${account.password}`).toString('base64')
    const success = await body(
      `rid='${from}' sid='${sid}'`,
      `<auth xmlns='${ns.sasl}' mechanism='PLAIN'>${plain}</auth>`,
    )
    assert.ok(read(success.text).getChild('success', ns.sasl))
    const restarted = await body(`rid='${from + 1}' sid='${sid}' to='${domain}' xmpp:restart='true'`)
    assert.ok(read(restarted.text).getChild('features', ns.streams)?.getChild('bind', ns.bind))
    const bound = await body(
      `rid='${from + 2}' sid='${sid}'`,
      `<iq xmlns='${ns.client}' type='set' id='b'><bind xmlns='${ns.bind}'/></iq>`,
    )
    assert.match(bound.text, /<jid>romeo@assay\.test\//)
    return from + 3
  }
  return { server, recorder, ask, body, create, login }
}

const read = (text: string) => parseElement(text, { declared: [] })
const condition = ({ text }: Answer) => read(text).attrs.condition

test('a session is made, logs in, takes what is sent and ends', async (t) => {
  const { server, recorder, body, create, login } = await start(t)
  const { answer, sid } = await create()
  assert.equal(answer.attrs.ver, '1.6')
  assert.equal(answer.attrs.requests, '2')
  assert.equal(answer.attrs.hold, '1')
  assert.ok(answer.getChild('features', ns.streams)?.getChild('mechanisms', ns.sasl))
  const rid = await login(sid, 1001)
  assert.equal(server.connection?.online, true)
  const polled = body(`rid='${rid}' sid='${sid}'`)
  await server.bosh.next((request) => request.rid === rid, { awaited: 'the poll' })
  server.send('<message><body>hello</body></message>')
  assert.equal(
    read((await polled).text)
      .getChild('message', ns.client)
      ?.getChildText('body'),
    'hello',
  )
  const held = body(`rid='${rid + 1}' sid='${sid}'`)
  const [last, ended] = await Promise.all([held, body(`rid='${rid + 2}' sid='${sid}' type='terminate'`)])
  assert.equal(read(last.text).attrs.type, 'terminate')
  assert.equal(read(ended.text).attrs.type, undefined)
  assert.equal(server.connection?.footerSeen, true)
  assert.equal(condition(await body(`rid='${rid + 3}' sid='${sid}'`)), 'item-not-found')
  assert.equal(server.bosh.late.length, 1)
  assert.ok(recorder.entries.some(({ direction, text }) => direction === 'sent' && text?.includes('hello')))
})

test('requests are taken in the order of their rid, and an answer that was lost is given again', async (t) => {
  const { server, body, create, login } = await start(t)
  const { sid } = await create()
  const rid = await login(sid, 1001)
  const message = (text: string) => `<message xmlns='${ns.client}'><body>${text}</body></message>`
  const second = body(`rid='${rid + 1}' sid='${sid}'`, message('second'))
  await server.bosh.next((request) => request.rid === rid + 1, { awaited: 'the second' })
  const first = await body(`rid='${rid}' sid='${sid}'`, message('first'))
  const bodies = server.seen((element) => element.is('message')).map((element) => element.getChildText('body'))
  assert.deepEqual(bodies, ['first', 'second'])
  assert.equal((await body(`rid='${rid}' sid='${sid}'`)).text, first.text)
  const again = body(`rid='${rid + 1}' sid='${sid}'`)
  assert.equal(read((await second).text).attrs.type, 'error')
  server.connection?.closeStream()
  assert.equal(read((await again).text).attrs.type, 'terminate')
})

test('a rid beyond the window ends the session', async (t) => {
  const { server, body, create } = await start(t)
  const { sid } = await create()
  assert.equal(condition(await body(`rid='1100' sid='${sid}'`)), 'item-not-found')
  assert.equal(server.bosh.session?.closed, true)
})

test('a stream error travels as a terminal condition, behind the stanzas that came before it', async (t) => {
  const { server, body, create, login } = await start(t)
  const { sid } = await create()
  const rid = await login(sid, 1001)
  server.send([
    '<message><body>last</body></message>',
    `<stream:error><conflict xmlns='${ns.streamErrors}'/></stream:error>`,
  ])
  const answer = read((await body(`rid='${rid}' sid='${sid}'`)).text)
  assert.equal(answer.attrs.condition, 'remote-stream-error')
  assert.deepEqual(
    answer.getChildElements().map((child) => child.getName()),
    ['message', 'error'],
  )
})

test('a case may answer as it likes', async (t) => {
  const { server, body, create } = await start(t)
  server.deviate('bosh.response', ({ request }) => (request.rid === 1001 ? { status: 404 } : undefined))
  const { sid } = await create()
  assert.equal((await body(`rid='1001' sid='${sid}' type='terminate'`)).status, 404)
})

test('what is no request of BOSH is told so', async (t) => {
  const { server, ask, body } = await start(t)
  assert.equal((await ask('', { method: 'GET' })).status, 405)
  assert.equal((await ask('', { method: 'OPTIONS' })).status, 204)
  assert.equal((await ask('', { path: '/' })).status, 404)
  assert.equal(condition(await ask('garbage')), 'bad-request')
  assert.equal(condition(await body(`rid='0' to='${domain}'`)), 'bad-request')
  assert.equal(condition(await body(`rid='1'`)), 'improper-addressing')
  assert.equal(condition(await body(`rid='1' sid='nobody'`)), 'item-not-found')
  assert.deepEqual(server.bosh.others, ['GET'])
  assert.equal(server.bosh.sessions.length, 0)
})

test('a request without end and sessions without number are bounded', async (t) => {
  const { ask, create, server } = await start(t)
  const huge = await ask(' '.repeat(5 * 1024 * 1024)).catch(() => ({ status: 413, text: '' }))
  assert.equal(huge.status, 413)
  const answers = await Promise.all(Array.from({ length: 130 }, () => create(1).catch(() => undefined)))
  assert.ok(answers.filter((one) => one?.sid).length <= 100)
  assert.ok(server.bosh.sessions.length <= 100)
})
