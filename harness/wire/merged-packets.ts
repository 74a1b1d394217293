import type { CapturedPacket, PacketSource } from './captured-packet.ts'
import { linkTypes } from './link-type.ts'

/** Several sources of raw IP packets as one, in the order in which they arrive. Sources may come later. */
export class MergedPackets implements PacketSource {
  readonly linkType = linkTypes.raw
  readonly #listeners: ((packet: CapturedPacket) => void)[] = []

  /** @throws Error when its packets begin with another layer. */
  add(source: PacketSource): void {
    if (source.linkType !== this.linkType) throw new Error(`packets of link type ${source.linkType} among raw IP`)
    source.onPacket((packet) => {
      for (const listener of this.#listeners) listener(packet)
    })
  }

  onPacket(listener: (packet: CapturedPacket) => void): void {
    this.#listeners.push(listener)
  }
}
