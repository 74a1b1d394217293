import type { Element } from '@xmpp/xml'

/** An element in one line for a failure's text, cut at `limit` characters. */
export function brief(element: Element, limit = 400): string {
  const text = element.toString()
  return text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length} characters)`
}
