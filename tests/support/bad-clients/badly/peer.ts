// A client that means well, on the bad day that its version names.
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import type { XmppClient } from '@xmpp/client'
import { type Params, serveVerbs, tell } from '../../../../harness/lab/embedded/stdio-peer.ts'
import type { BadDay } from './bad-days.ts'

const day = process.env.ASSAY_VARIANT as BadDay
const library: string = '@xmpp/client'
const { client, xml } = (await import(library)) as typeof import('@xmpp/client')

if (day === 'starts-slowly') await new Promise((resolve) => setTimeout(resolve, 3_000))
if (day === 'ignores-sigterm') process.on('SIGTERM', () => {})

function logIn({ service, domain, username, password }: Params, again = false): XmppClient {
  const xmpp = client({ service, domain, username, password })
  xmpp.on('error', (error: Error) => tell('error', { message: String(error) }))
  xmpp.on('online', async (jid: object) => {
    tell('online', { jid: String(jid) })
    await xmpp.send(xml('presence'))
  })
  xmpp.start().catch((error: unknown) => {
    tell('error', { message: String(error) })
    if (again) logIn({ service, domain, username, password }, true)
  })
  return xmpp
}

const flood = 'x'.repeat(1024)

const days: Partial<Record<BadDay, (params: Params) => void>> = {
  'never-connects': () => {},
  'connects-twice': (params) => {
    connect(Number(params.port), params.host).on('error', () => {})
    logIn(params)
  },
  'reconnects-without-end': (params) => void logIn(params, true),
  'floods-the-server': ({ port, host }) => {
    const socket = connect(Number(port), host)
    socket.on('error', () => {})
    socket.write(`<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`)
    const more = () => {
      while (!socket.destroyed && socket.write('<presence/>'.repeat(1_000)));
    }
    socket.on('drain', more)
    socket.on('data', () => {})
    more()
  },
  'floods-its-driver': () => {
    const more = () => {
      for (let n = 0; n < 1_000; n++) tell('message', { body: flood })
      setImmediate(more)
    }
    more()
  },
  'eats-memory': () => {
    const held: Buffer[] = []
    const more = () => {
      held.push(Buffer.alloc(32 * 1024 * 1024, 1))
      setImmediate(more)
    }
    more()
  },
  'eats-a-core': () => {
    setImmediate(() => {
      for (;;);
    })
  },
  'writes-garbage': () => void process.stdout.write('<html>502 Bad Gateway</html>\n'),
  'outlives-its-probe': (params) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'outlives-its-probe'], {
      stdio: 'ignore',
    })
    child.unref()
    logIn(params)
  },
}

serveVerbs({
  initialize: () => ({
    name: 'badly',
    verbs: ['login', 'logout'],
    events: ['online', 'error', 'message'],
  }),
  login: (params) => {
    const begin = days[day] ?? logIn
    begin(params)
  },
  logout: () => {},
})
