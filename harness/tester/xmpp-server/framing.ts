import { ns } from '../xmpp-client/namespaces.ts'

/** Declares on an element what a stream header declares over TCP (RFC 7395 §3.3.3). */
export function framed(text: string): string {
  const tag = /^<([\w:.-]+)([^>]*)/.exec(text)
  if (!tag) return text
  const [, name = '', rest = ''] = tag
  const stream = name.startsWith('stream:') && !rest.includes('xmlns:stream=') ? ` xmlns:stream='${ns.streams}'` : ''
  const stanza = /^(iq|message|presence)$/.test(name) && !/\sxmlns=/.test(rest) ? ` xmlns='${ns.client}'` : ''
  return `<${name}${stream}${stanza}${text.slice(name.length + 1)}`
}

/** Whether what was said closes the stream (RFC 6120 §4.4, RFC 7395 §3.6, XEP-0124 §13). */
export const closesStream = (text: string): boolean =>
  text.endsWith('</stream:stream>') || text.startsWith('<close ') || /^<body [^>]*type=['"]terminate/.test(text)
