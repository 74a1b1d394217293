// @xmpp/client as its README shows it, driven over stdio (drivers/PROTOCOL.md).
import type { XmppClient } from '@xmpp/client'
import type { Element } from '@xmpp/xml'
import { useLabResolver } from '../../harness/lab/embedded/lab-resolver.ts'
import { type Params, serveVerbs, tell, VerbError } from '../../harness/lab/embedded/stdio-peer.ts'

// It looks its server up by itself, where it is given the domain alone: at the name server of the lab.
useLabResolver()

const library: string = process.env.ASSAY_PACKAGE ?? '@xmpp/client'
const { client, xml } = (await import(library)) as typeof import('@xmpp/client')

let xmpp: XmppClient | undefined
/** The application's store for the token of XEP-0484. */
let storedToken = 'null'

const text = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error))

function login({ domain, service = domain, username, password, resource }: Params) {
  xmpp = client({ service, domain, username, password, ...(resource ? { resource } : {}) })
  xmpp.on('error', (error: Error & { condition?: string }) =>
    tell('error', { message: text(error), condition: error.condition }),
  )
  xmpp.on('offline', () => tell('offline'))
  xmpp.on('disconnect', () => tell('disconnected'))
  xmpp.on('stanza', (stanza: Element) => {
    const { from, to, type, id } = stanza.attrs
    if (stanza.is('message')) tell('message', { from, to, type, id, body: stanza.getChildText('body') ?? undefined })
    if (stanza.is('presence')) tell('presence', { from, to, type })
  })
  xmpp.on('online', async (address: { toString(): string }) => {
    tell('online', { jid: address.toString() })
    await xmpp?.send(xml('presence'))
  })
  // Versions before 0.14 tell of no stanza.
  xmpp.streamManagement?.on?.('fail', (stanza: Element) => {
    if (stanza.is('message')) tell('unsent', { body: stanza.getChildText('body') ?? undefined })
  })
  // As the README of its package `fast` shows; versions before 0.14 have none.
  if (xmpp.fast) {
    xmpp.fast.fetchToken = async () => JSON.parse(storedToken)
    xmpp.fast.saveToken = async (token) => {
      storedToken = JSON.stringify(token)
    }
    xmpp.fast.removeToken = async () => {
      storedToken = 'null'
    }
  }
  xmpp.start().catch((error: unknown) => tell('error', { message: text(error) }))
}

const running = (): XmppClient => {
  if (!xmpp) throw new VerbError('log in first')
  return xmpp
}

serveVerbs({
  initialize: () => ({
    name: '@xmpp/client',
    verbs: ['login', 'logout', 'message', 'query'],
    events: ['online', 'offline', 'disconnected', 'error', 'message', 'presence', 'unsent'],
  }),
  login,
  logout: async () => {
    await running().stop()
  },
  message: ({ to, body }) => running().send(xml('message', { to, type: 'chat' }, xml('body', {}, body ?? ''))),
  query: async ({ to, name = 'query', xmlns }) => {
    const child = await running().iqCaller.get(xml(name, { xmlns }), to)
    return { xml: child?.toString() }
  },
})
