import type { Endpoint } from '../ip/address.ts'
import { attributeOf, type StunMessage } from '../stun/stun-message.ts'
import { stunAttributes } from '../stun/stun-names.ts'
import { channelOf, xorAddressOf } from '../stun/stun-values.ts'
import type { Relayed } from '../trace/trace.ts'

/** The method of ChannelBind. */
export const channelBind = 9

/** Requests without an answer that are remembered; more are an attack. */
const waitingAtMost = 1024

/** Which peer each channel of one client and its server stands for (RFC 8656 §12): known once a ChannelBind succeeded. */
export class ChannelBindings {
  readonly #waiting = new Map<string, { channel: number; peer: Endpoint }>()
  readonly #bound = new Map<number, Relayed>()

  /** To be told of each ChannelBind message between the two. */
  follow(message: StunMessage): void {
    if (message.class === 'request') {
      const channel = attributeOf(message, stunAttributes.CHANNEL_NUMBER)
      const peer = attributeOf(message, stunAttributes.XOR_PEER_ADDRESS)
      const number = channel && channelOf(channel)
      const address = peer && xorAddressOf(peer, message)
      if (number === undefined || address === undefined || this.#waiting.size >= waitingAtMost) return
      this.#waiting.set(message.transactionId, { channel: number, peer: address })
      return
    }
    const asked = this.#waiting.get(message.transactionId)
    if (asked === undefined) return
    this.#waiting.delete(message.transactionId)
    if (message.class === 'success' && this.#bound.size < waitingAtMost) {
      this.#bound.set(asked.channel, { as: 'channel-data', channel: asked.channel, peer: asked.peer })
    }
  }

  /** How what comes on this channel is relayed: the same object each time, once the channel is bound. */
  relayed(channel: number): Relayed {
    return this.#bound.get(channel) ?? { as: 'channel-data', channel }
  }
}
