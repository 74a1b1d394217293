// The @xmpp packages ship without types; these are the parts that we use.
declare module '@xmpp/xml' {
  export type Node = Element | string
  export class Element {
    constructor(name: string, attrs?: Record<string, string | undefined> | string)
    name: string
    parent: Element | null
    children: Node[]
    attrs: Record<string, string | undefined>
    is(name: string, xmlns?: string): boolean
    getName(): string
    getNS(): string | undefined
    getChild(name: string, xmlns?: string): Element | undefined
    getChildren(name: string, xmlns?: string): Element[]
    getChildElements(): Element[]
    getChildText(name: string, xmlns?: string): string | null
    getText(): string
    text(): string
    append(...nodes: Node[]): void
    t(text: string): this
    toString(): string
  }
  export function escapeXML(text: string): string
  export function escapeXMLText(text: string): string
  type Child = Node | number | null | undefined | false | Child[]
  export default function xml(
    name: string,
    attrs?: Record<string, string | undefined> | string | null,
    ...children: Child[]
  ): Element
}

declare module '@xmpp/client-core' {
  import type { EventEmitter } from 'node:events'
  import type { Element } from '@xmpp/xml'
  export class Client extends EventEmitter {
    constructor(options: { service: string; domain: string; timeout?: number })
    jid: { toString(): string } | null
    status: string
    parser: unknown
    transports: unknown[]
    _onData(data: string): void
    send(element: Element): Promise<void>
    write(text: string): Promise<void>
    start(): Promise<unknown>
    restart(): Promise<unknown>
    sendReceive(element: Element): Promise<Element>
  }
}

declare module '@xmpp/connection-tcp' {
  export default class ConnectionTCP {
    socketParameters(service: string): unknown
  }
}

declare module '@xmpp/middleware' {
  export default function middleware(parts: { entity: unknown }): unknown
}

declare module '@xmpp/stream-features' {
  interface Context {
    entity: import('@xmpp/client-core').Client
    stanza: import('@xmpp/xml').Element
  }
  type Handler = (context: Context, next: () => Promise<unknown>, feature: import('@xmpp/xml').Element) => unknown
  export interface StreamFeatures {
    use(name: string, xmlns: string, handler: Handler): void
  }
  export default function streamFeatures(parts: { middleware: unknown }): StreamFeatures
}

declare module '@xmpp/iq/caller.js' {
  export default function iqCaller(parts: { middleware: unknown; entity: unknown }): unknown
}

declare module '@xmpp/resource-binding' {
  export default function resourceBinding(
    parts: { iqCaller: unknown; streamFeatures: import('@xmpp/stream-features').StreamFeatures },
    resource: string | undefined,
  ): void
}

declare module '@xmpp/sasl' {
  type Done = (credentials: object, mechanism: string) => Promise<void>
  export default function sasl(
    parts: { streamFeatures: import('@xmpp/stream-features').StreamFeatures; saslFactory: unknown },
    onAuthenticate: (done: Done, mechanisms: string[]) => Promise<void>,
  ): void
}
