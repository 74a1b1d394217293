// StanzaJS as its README shows it, driven over stdio (drivers/PROTOCOL.md).
import type { Agent } from 'stanza'
import { type Params, serveVerbs, tell, VerbError } from '../../harness/lab/embedded/stdio-peer.ts'

const library: string = process.env.ASSAY_PACKAGE ?? 'stanza'
const { createClient } = (await import(library)) as typeof import('stanza')

let client: Agent | undefined

function login({ service = '', transport = '', jid = '', password = '', resource }: Params) {
  const made = createClient({ jid, password, ...(resource ? { resource } : {}), transports: { [transport]: service } })
  client = made
  made.on('session:started', () => {
    tell('online', { jid: made.jid })
    made.getRoster().then(
      () => {},
      (error: unknown) => tell('error', { message: `roster: ${JSON.stringify(error)}` }),
    )
    // What it can do is computed by the library, and put into each presence by its user.
    made.updateCaps()
    made.sendPresence(capabilities())
  })
  made.on('auth:failed', () => tell('error', { message: 'authentication failed' }))
  made.on('stream:error', (error, cause) =>
    tell('error', {
      message: `stream error ${error.condition} ${error.text ?? cause ?? ''}`,
      condition: error.condition,
    }),
  )
  made.on('disconnected', () => tell('disconnected'))
  made.on('message', ({ from, to, type, id, body, delay }) =>
    tell('message', { from, to, type, id, body, delay: delay?.timestamp }),
  )
  made.on('message:sent', (message, viaCarbon) => {
    if (viaCarbon) tell('message', { from: message.from, to: message.to, body: message.body, carbon: 'sent' })
  })
  made.on('carbon:received', ({ from }) => tell('carbon', { from, type: 'received' }))
  made.on('carbon:sent', ({ from }) => tell('carbon', { from, type: 'sent' }))
  made.on('presence', ({ from, to, type }) => tell('presence', { from, to, type }))
  made.on('roster:update', (iq) => tell('roster', { from: iq.from, items: iq.roster.items?.map((item) => item.jid) }))
  made.on('block', ({ jids }) => tell('blocked', { items: jids }))
  made.on('message:failed', ({ body }) => tell('unsent', { body }))
  made.connect()
}

const running = (): Agent => {
  if (!client) throw new VerbError('log in first')
  return client
}

const capabilities = () => ({ legacyCapabilities: running().getCurrentCaps()?.legacyCapabilities })

const told = async <T>(asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (error) {
    const condition = (error as { error?: { condition?: string } }).error?.condition
    throw new VerbError(condition ?? String(error), { data: { condition } })
  }
}

serveVerbs({
  initialize: () => ({
    name: 'stanza',
    verbs: [
      'login',
      'logout',
      'message',
      'query',
      'roster',
      'carbons',
      'archive',
      'join',
      'block',
      'blocklist',
      'reconnect',
    ],
    events: ['online', 'disconnected', 'error', 'message', 'presence', 'roster', 'carbon', 'blocked', 'unsent'],
  }),
  login,
  logout: () => running().disconnect(),
  message: ({ to = '', body = '' }) => running().sendMessage({ to, body, type: 'chat' }),
  query: ({ to, xmlns }) => {
    if (xmlns === 'http://jabber.org/protocol/disco#info') return told(running().getDiscoInfo(to))
    if (xmlns === 'jabber:iq:version') return told(running().getSoftwareVersion(to ?? ''))
    throw new VerbError(`it has no call for ${xmlns}`)
  },
  roster: async () => ({ items: (await told(running().getRoster())).items?.map(({ jid }) => jid) }),
  carbons: () => told(running().enableCarbons()),
  join: async ({ room = '', nick = '' }) => {
    await told(running().joinRoom(room, nick, capabilities()))
    return { nick: running().joinedRooms.get(room) }
  },
  reconnect: () =>
    new Promise<void>((resolve) => {
      const again = () => {
        running().connect()
        resolve()
      }
      if (running().transport) running().once('disconnected', again)
      else again()
    }),
  block: ({ jid = '' }) => told(running().block(jid)),
  blocklist: async () => ({ items: (await told(running().getBlocked())).jids }),
  archive: async ({ with: peer }) => {
    const { results = [] } = await told(running().searchHistory({ with: peer }))
    return { bodies: results.map((result) => result.item?.message?.body) }
  },
})
