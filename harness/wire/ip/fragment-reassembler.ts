import type { IpLocation } from './locate-ip.ts'

/** Datagrams that wait for the rest of them, bytes that they hold together, and the microseconds that they may wait. */
const bounds = { datagrams: 512, bytes: 8 << 20, age: 60_000_000 }

interface Waiting {
  key: string
  since: number
  /** Headers before the payload, of the first fragment. */
  head: Uint8Array | undefined
  protocol: number
  parts: { offset: number; data: Uint8Array }[]
  /** Bytes of parts; the payload's length once the last fragment is there. */
  held: number
  total: number | undefined
}

/** Puts fragmented IP packets together (RFC 791 §3.2, RFC 8200 §4.5), in whatever order they come. */
export class FragmentReassembler {
  /** Datagrams given up: of which parts never came, that overlap (RFC 5722 §4), or for which there was no room. */
  lost = 0
  readonly #waiting = new Map<string, Waiting>()
  #bytes = 0

  /** Datagrams that are not whole yet. */
  get pending(): number {
    return this.#waiting.size
  }

  /**
   * Takes a fragment; the whole packet once it is the last one missing, with the headers of the first.
   *
   * @param location where its parts are; it is a fragment, and was not cut by the capture
   * @param at epoch microseconds
   */
  push(data: Uint8Array, location: IpLocation, at: number): Uint8Array | undefined {
    const { fragment, payload, end, addresses, addressLength, protocol } = location
    if (fragment === undefined || end > data.length) return undefined
    this.#makeRoom(at)
    const ends = Buffer.from(data.subarray(addresses, addresses + 2 * addressLength)).toString('latin1')
    const key = `${fragment.identification} ${location.version === 4 ? protocol : ''} ${ends}`
    const known = this.#waiting.get(key)
    const waiting = known ?? { key, since: at, head: undefined, protocol, parts: [], held: 0, total: undefined }
    if (known === undefined) this.#waiting.set(key, waiting)
    // A copy: the packet is a view on a chunk of the file.
    const part = { offset: fragment.offset, data: Uint8Array.from(data.subarray(payload, end)) }
    const place = placeOf(waiting, part)
    if (place === 'duplicate') return undefined
    if (place === 'overlap' || part.offset + part.data.length > 65_535) return this.#giveUp(waiting)
    waiting.parts.splice(place, 0, part)
    waiting.held += part.data.length
    this.#bytes += part.data.length
    if (fragment.offset === 0) {
      waiting.head = headOf(data, location)
      waiting.protocol = protocol
    }
    if (!fragment.more) waiting.total = part.offset + part.data.length
    if (waiting.total !== undefined && waiting.held > waiting.total) return this.#giveUp(waiting)
    if (waiting.head === undefined || waiting.held !== waiting.total) return undefined
    this.#forget(waiting)
    return whole(waiting.head, waiting.parts, waiting.protocol)
  }

  #makeRoom(at: number): void {
    for (const waiting of this.#waiting.values()) {
      const tooMany = this.#waiting.size >= bounds.datagrams || this.#bytes > bounds.bytes
      if (!tooMany && Math.abs(at - waiting.since) < bounds.age) return
      this.#giveUp(waiting)
    }
  }

  #giveUp(waiting: Waiting): undefined {
    this.lost++
    this.#forget(waiting)
  }

  #forget(waiting: Waiting): void {
    if (this.#waiting.delete(waiting.key)) this.#bytes -= waiting.held
  }
}

/** Where a part belongs among those that are there, which are in order. */
function placeOf({ parts }: Waiting, { offset, data }: Waiting['parts'][number]): number | 'duplicate' | 'overlap' {
  let place = parts.length
  while (place > 0 && (parts[place - 1] as Waiting['parts'][number]).offset >= offset) place--
  const before = parts[place - 1]
  const after = parts[place]
  if (after?.offset === offset && after.data.length === data.length) return 'duplicate'
  if (before && before.offset + before.data.length > offset) return 'overlap'
  return after && offset + data.length > after.offset ? 'overlap' : place
}

/** The fixed header of IPv6, or IPv4's with its options. */
const headOf = (data: Uint8Array, { version, payload }: IpLocation) =>
  Uint8Array.from(data.subarray(0, version === 6 ? 40 : payload))

function whole(head: Uint8Array, parts: Waiting['parts'], protocol: number): Uint8Array {
  const packet = Buffer.concat([head, ...parts.map(({ data }) => data)])
  if (head[0] !== undefined && head[0] >> 4 === 6) {
    packet.writeUInt16BE(packet.length - head.length, 4)
    packet[6] = protocol
  } else {
    packet.writeUInt16BE(Math.min(packet.length, 65_535), 2)
    packet.writeUInt16BE(0, 6)
  }
  return packet
}
