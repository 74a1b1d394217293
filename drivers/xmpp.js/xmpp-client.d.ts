// @xmpp/client ships without types; these are the parts that the peer uses.
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events'
  import type { Element } from '@xmpp/xml'
  export interface XmppClient extends EventEmitter {
    start(): Promise<unknown>
    stop(): Promise<unknown>
    send(element: Element): Promise<void>
    /** Its store for tokens; since 0.14. */
    fast?: Partial<Record<'fetchToken' | 'saveToken' | 'removeToken', (token?: unknown) => Promise<unknown>>>
    /** Tells of stanzas that may not have arrived. */
    streamManagement?: Partial<EventEmitter>
    iqCaller: { get(element: Element, to?: string): Promise<Element | undefined> }
  }
  export function client(options: Record<string, string | undefined>): XmppClient
  export const xml: typeof import('@xmpp/xml').default
}
