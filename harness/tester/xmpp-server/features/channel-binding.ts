import { escapeXML } from '@xmpp/xml'
import type { PointContext } from '../deviations.ts'
import { usualBindings } from '../sasl/channel-binding.ts'
import { defineOffer } from '../server-feature.ts'

export interface ChannelBindingPoints {
  /** Types of channel binding in the features; none: the element is left out (XEP-0440 §2). */
  'channel-binding.types': { context: PointContext & { usual: string[] }; value: readonly string[] }
}

/** Channel binding: the -PLUS mechanisms of RFC 5802, and the types that XEP-0440 announces for them. */
export const channelBinding = defineOffer({
  name: 'channel-binding',
  connect: (connection) => ({
    advertise(stage) {
      if (stage !== 'encrypted') return ''
      const usual = usualBindings(connection) ?? []
      const types = connection.at('channel-binding.types', { usual }) ?? usual
      const list = types.map((type) => `<channel-binding type='${escapeXML(type)}'/>`).join('')
      return list && `<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>${list}</sasl-channel-binding>`
    },
  }),
})
