import { createHash } from 'node:crypto'
import type { Element } from '../../harness/suite/index.ts'

export const caps = 'http://jabber.org/protocol/caps'

/** Collation i;octet (§5.1): by the bytes of UTF-8. */
const byOctet = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const sorted = (texts: string[]): string =>
  texts
    .sort(byOctet)
    .map((text) => `${text}<`)
    .join('')

/** The verification string of a disco#info result (§5.1). */
export function verification(query: Element, hash: string): string {
  const identities = query
    .getChildren('identity')
    .map(({ attrs }) => [attrs.category, attrs.type, attrs['xml:lang'], attrs.name].map((part) => part ?? '').join('/'))
  const features = query.getChildren('feature').map(({ attrs }) => attrs.var ?? '')
  const values = (field: Element) => field.getChildren('value').map((value) => value.getText())
  const forms = query
    .getChildren('x', 'jabber:x:data')
    .map((form) => {
      const fields = form.getChildren('field')
      const formType = fields.find(({ attrs }) => attrs.var === 'FORM_TYPE' && attrs.type === 'hidden')
      return { type: formType && values(formType)[0], fields: fields.filter((field) => field !== formType) }
    })
    .filter((form) => form.type !== undefined)
    .sort((a, b) => byOctet(a.type ?? '', b.type ?? ''))
    .map(({ type, fields }) => {
      const inside = fields.sort((a, b) => byOctet(a.attrs.var ?? '', b.attrs.var ?? ''))
      return `${type}<${inside.map((field) => `${field.attrs.var}<${sorted(values(field))}`).join('')}`
    })
  const text = sorted(identities) + sorted(features) + forms.join('')
  return createHash(hash.replace('-', '')).update(text).digest('base64')
}
