import { type Element, escapeXML } from '@xmpp/xml'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { PointContext, SayContext } from '../deviations.ts'
import { forget, issueToken } from '../sasl/tokens.ts'
import { defineOffer } from '../server-feature.ts'

export interface FastTokenContext extends SayContext {
  /** Gives out a new token, whoever asked, as the element that carries it: rotation (XEP-0484 §3.5). */
  fresh(): string
}

export interface FastPoints {
  /** Mechanisms for tokens in `<fast/>` (XEP-0484 §3.1). */
  'fast.mechanisms': { context: PointContext & { usual: string[] }; value: readonly string[] }
  /** `<token/>` within `<success/>`, where one was asked for; empty: none (XEP-0484 §3.3). */
  'fast.token': { context: FastTokenContext; value: string }
}

/** Tokens in place of the password (XEP-0484). */
export const fast = defineOffer({
  name: 'fast',
  connect: (connection) => ({
    inSasl2: {
      advertise() {
        const bound = connection.offers('channel-binding') ? ['HT-SHA-256-EXPR', 'HT-SHA-256-ENDP'] : []
        const usual = [...bound, 'HT-SHA-256-NONE']
        const offered = connection.at('fast.mechanisms', { usual }) ?? usual
        const list = offered.map((name) => `<mechanism>${escapeXML(name)}</mechanism>`).join('')
        return `<fast xmlns='${ns.fast}'>${list}</fast>`
      },
      take(authenticate) {
        const used = connection.usedToken
        const invalidate = authenticate.getChild('fast', ns.fast)?.attrs.invalidate
        if (invalidate === 'true' || invalidate === '1') forget(connection, (token) => token === used)
        const asked = authenticate.getChild('request-token', ns.fast)?.attrs.mechanism
        const give = (mechanism: string) => tokenElement(issueToken(connection, mechanism, clientOf(authenticate)))
        const usual = asked ? give(asked) : ''
        const fresh = () => give(used?.mechanism ?? asked ?? 'HT-SHA-256-NONE')
        return connection.at('fast.token', { usual, fresh }) ?? usual
      },
    },
  }),
})

const clientOf = (authenticate: Element): string | undefined => authenticate.getChild('user-agent')?.attrs.id

const tokenElement = ({ token, expiry }: { token: string; expiry: number }) =>
  `<token xmlns='${ns.fast}' expiry='${new Date(expiry).toISOString()}' token='${escapeXML(token)}'/>`
