// Strophe.js as its README shows it, driven over stdio (drivers/PROTOCOL.md).
import { type Params, serveVerbs, tell, VerbError } from '../../harness/lab/embedded/stdio-peer.ts'

const library: string = process.env.ASSAY_PACKAGE ?? 'strophe.js'
const { $build, $iq, $msg, $pres, Strophe } = (await import(library)) as typeof import('strophe.js')

/** The parts of a DOM element that are read here. */
interface Dom {
  nodeName: string
  textContent: string | null
  childNodes: ArrayLike<Dom>
  getAttribute(name: string): string | null
  getElementsByTagName(name: string): ArrayLike<Dom>
}

let connection: InstanceType<(typeof Strophe)['Connection']> | undefined

const statusName = (status: number) =>
  Object.entries(Strophe.Status).find(([, value]) => value === status)?.[0] ?? String(status)

function onMessage(stanza: Dom) {
  const attribute = (name: string) => stanza.getAttribute(name) ?? undefined
  // The library hands out the stanza as it is: what of it is the text is for its user to say.
  const body = Array.from(stanza.childNodes).find(({ nodeName }) => nodeName === 'body')?.textContent ?? undefined
  tell('message', {
    from: attribute('from'),
    to: attribute('to'),
    type: attribute('type'),
    id: attribute('id'),
    body,
  })
  return true
}

function onPresence(stanza: Dom) {
  const attribute = (name: string) => stanza.getAttribute(name) ?? undefined
  tell('presence', { from: attribute('from'), to: attribute('to'), type: attribute('type') })
  return true
}

function login({ service = '', jid = '', password = '', resource }: Params) {
  const conn = new Strophe.Connection(service)
  connection = conn
  conn.connect(resource ? `${jid}/${resource}` : jid, password, (status: number, condition?: string | null) => {
    const { Status } = Strophe
    if (status === Status.CONNECTED) {
      conn.addHandler(onMessage, null, 'message')
      conn.addHandler(onPresence, null, 'presence')
      tell('online', { jid: conn.jid })
      conn.send($pres())
    } else if (status === Status.DISCONNECTED) tell('disconnected', { reason: condition ?? undefined })
    else if (
      [Status.ERROR, Status.CONNFAIL, Status.AUTHFAIL, Status.CONNTIMEOUT].some((failure) => failure === status)
    ) {
      tell('error', { message: `${statusName(status)} ${condition ?? ''}`.trim(), condition: condition ?? undefined })
    }
    return true
  })
}

const running = () => {
  if (!connection) throw new VerbError('log in first')
  return connection
}

serveVerbs({
  initialize: () => ({
    name: 'strophe.js',
    verbs: ['login', 'logout', 'message', 'query'],
    events: ['online', 'disconnected', 'error', 'message', 'presence'],
  }),
  login,
  logout: () => running().disconnect('logout'),
  message: ({ to = '', body = '' }) => running().send($msg({ to, type: 'chat' }).c('body').t(body)),
  query: ({ to = '', name = 'query', xmlns = '' }) =>
    new Promise((resolve, reject) => {
      running().sendIQ(
        $iq({ to, type: 'get' }).cnode($build(name, { xmlns }).tree()),
        (stanza: Dom) => resolve({ xml: Strophe.serialize(stanza.getElementsByTagName(name)[0] ?? null) }),
        (stanza: Dom | null) => reject(new VerbError(stanza ? Strophe.serialize(stanza) : 'timed out')),
      )
    }),
})
