/** A packet as a capture holds it. */
export interface CapturedPacket {
  /** Epoch microseconds. */
  at: number
  /** Length on the wire, bytes; `data` may be shorter. */
  length: number
  /** From the first byte of the link layer on. May be a view on a larger buffer: copy what is kept for long. */
  data: Uint8Array
}

/** A packet with the pcap link type of the interface that it was captured on; -1 where that is unknown. */
export interface InterfacePacket extends CapturedPacket {
  linkType: number
}

/** A run of packets read beside an IUT, as they arrive. */
export interface PacketSource {
  /** pcap link type of the packets (1 Ethernet, 101 raw IP, 113 SLL, 276 SLL2). */
  readonly linkType: number
  /** Called for each captured packet, in order. */
  onPacket(listener: (packet: CapturedPacket) => void): void
}
