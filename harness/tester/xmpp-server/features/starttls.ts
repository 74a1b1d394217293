import { ns } from '../../xmpp-client/namespaces.ts'
import type { Said, SayContext } from '../deviations.ts'
import type { TcpLink } from '../link.ts'
import { defineOffer } from '../server-feature.ts'

export interface StartTlsPoints {
  /** Answer to `<starttls/>`; the handshake follows where it contains `<proceed` (RFC 6120 §5.4.2). */
  'starttls.reply': { context: SayContext; value: Said }
}

/** STARTTLS, required (RFC 6120 §5). */
export const starttls = defineOffer({
  name: 'starttls',
  standard: true,
  connect: (connection) => ({
    advertise: (stage) => (stage === 'plain' ? `<starttls xmlns='${ns.tls}'><required/></starttls>` : ''),
    async element(element) {
      if (!element.is('starttls', ns.tls)) return false
      const said = connection.speak('starttls.reply', `<proceed xmlns='${ns.tls}'/>`, {})
      const { link } = connection
      if (said.includes('<proceed') && !link.framed && !link.tls) {
        const plain = link as TcpLink
        plain.awaitHandshake()
        await connection.parts.encrypt(plain, connection)
      }
      return true
    },
  }),
})
