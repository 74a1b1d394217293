import type { IceDescription } from './ice-description.ts'
import { emptyDescription } from './read-sdp.ts'

const transport =
  /<transport\b([^>]*?urn:xmpp:jingle:transports:ice(?:-udp)?:\d[^>]*?)(?:\/>|>([\s\S]*?)<\/transport>)/g

/** The ICE transports in a piece of XMPP (XEP-0176 §5.3, XEP-0371, XEP-0320), whatever else is around them. */
export function readJingle(xml: string): IceDescription[] {
  return [...xml.matchAll(transport)].flatMap(([, own = '', content = '']) => {
    const attributes = attributesOf(own)
    const ufrag = attributes.ufrag
    if (!ufrag) return []
    const fingerprint = /<fingerprint\b([^>]*)>/.exec(content)
    const candidates = [...content.matchAll(/<candidate\b([^>]*)>/g)].flatMap(([, text = '']) => {
      const one = attributesOf(text)
      const numbers = [one.component, one.priority, one.port].map(Number)
      if (!one.ip || numbers.some((number) => !Number.isInteger(number))) return []
      return {
        foundation: one.foundation,
        component: numbers[0] as number,
        transport: (one.protocol ?? 'udp').toLowerCase(),
        priority: numbers[1] as number,
        type: one.type ?? 'host',
        endpoint: { address: one.ip, port: numbers[2] as number },
      }
    })
    const options = /<renomination\b/.test(content) ? ['renomination'] : []
    return {
      ...emptyDescription(ufrag),
      password: attributes.pwd,
      options,
      candidates,
      wantsDtls: fingerprint !== null,
      setup: fingerprint ? attributesOf(fingerprint[1] ?? '').setup : undefined,
    }
  })
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)]
  return Object.fromEntries(
    found.map(([, name = '', double, single]) => [
      name,
      (double ?? single ?? '').replace(
        /&(lt|gt|amp|quot|apos);/g,
        (whole, entity: string) => entities[entity] ?? whole,
      ),
    ]),
  )
}
