import type { InterfacePacket } from '../captured-packet.ts'
import { demultiplex, isRtcp } from '../demultiplex.ts'
import { decodeDtls, looksLikeDtls } from '../dtls/decode-dtls.ts'
import { HelloFragments } from '../dtls/hello-fragments.ts'
import { decodeLink } from '../ip/decode-link.ts'
import { FragmentReassembler } from '../ip/fragment-reassembler.ts'
import { type IpLocation, locateIp } from '../ip/locate-ip.ts'
import { decodeRtcp } from '../rtp/decode-rtcp.ts'
import { decodeRtp } from '../rtp/decode-rtp.ts'
import { attributeOf, decodeStun, looksLikeStun, type StunMessage, uint16 } from '../stun/stun-message.ts'
import { stunAttributes } from '../stun/stun-names.ts'
import { xorAddressOf } from '../stun/stun-values.ts'
import { ChannelBindings, channelBind } from '../turn/channel-bindings.ts'
import { channelHeaderLength, looksLikeChannelData } from '../turn/channel-data.ts'
import { type Direction, Directions } from './directions.ts'
import { TcpMessages } from './tcp-messages.ts'
import type { MessageBody, Relayed, WireMessage } from './trace.ts'

/**
 * Takes one message. `size` is what it adds to a flow, bytes: of the packets of one RTCP compound the first has all of
 * it, the others 0.
 */
export type MessageSink = (message: WireMessage, size: number) => void

const protocols = { tcp: 6, udp: 17 } as const

/** Turns the packets of one capture into messages, in the capture's order. Never throws; holds what bounds allow. */
export class MessageDecoder {
  readonly #capture: number
  readonly #sink: MessageSink
  readonly #refused: () => boolean
  readonly #directions = new Directions()
  readonly #fragments = new FragmentReassembler()
  readonly #tcp = new TcpMessages(this.#directions, {
    message: (direction, bytes) => this.#datagram({ direction, bytes, length: bytes.length }),
    other: (direction, length) => this.#tell({ direction }, { kind: 'other', length }, length),
  })
  readonly #copies = new Slab()
  #packet = 0
  #cut = 0
  #at = 0

  /**
   * @param capture which of the captures this is, from 0
   * @param refused asked before a STUN message that says nothing of others: true where it need not be read, for lack of room
   */
  constructor(capture: number, sink: MessageSink, refused: () => boolean = () => false) {
    this.#capture = capture
    this.#sink = sink
    this.#refused = refused
  }

  /** The next packet of the capture. */
  push(packet: InterfacePacket): void {
    this.#packet++
    this.#at = packet.at
    const network = decodeLink(packet.linkType, packet.data)
    if (network) this.#network(network)
  }

  /** To be called where the capture ends: what waits for segments that never came is told. */
  end(): void {
    for (const { stream } of this.#directions.all()) stream?.reassembler.close()
  }

  /** What the capture lacked, one sentence each. */
  get notes(): string[] {
    const notes: string[] = []
    if (this.#cut > 0) notes.push(`${this.#cut} packets were cut by the capture, and not all of them could be read.`)
    const { lost, pending } = this.#fragments
    if (lost + pending > 0) notes.push(`${lost + pending} fragmented packets could not be put together.`)
    const { gaps, bytes } = this.#tcp.missing
    if (gaps > 0) notes.push(`${bytes} bytes are missing from TCP streams, at ${gaps} places.`)
    return notes
  }

  #network(network: Uint8Array): void {
    const ip = locateIp(network)
    if (ip === undefined) return
    if (ip.fragment) {
      const whole = this.#fragments.push(network, ip, this.#at)
      if (whole) this.#network(whole)
    } else if (ip.protocol === protocols.udp) this.#udp(network, ip)
    else if (ip.protocol === protocols.tcp && !this.#tcp.push(network, ip)) this.#cut++
  }

  #udp(network: Uint8Array, ip: IpLocation): void {
    const start = ip.payload + 8
    if (start > network.length) return
    const ports = uint16(network, ip.payload) * 65_536 + uint16(network, ip.payload + 2)
    const claimed = uint16(network, ip.payload + 4)
    // A length of 0 is a jumbogram's (RFC 2675 §4), or what offload leaves.
    const end = claimed === 0 ? ip.end : ip.payload + claimed
    if (claimed !== 0 && (claimed < 8 || end > ip.end)) return
    const direction = this.#directions.of('udp', network, ip.addresses, ip.addressLength, ports)
    if (end > network.length) this.#cut++
    this.#datagram({ direction, bytes: network.subarray(start, end), length: end - start })
  }

  /** One message of a 5-tuple, or what TURN carried. */
  #datagram(datagram: Datagram): void {
    if (datagram.bytes.length === 0) return
    if (!this.#read(datagram)) this.#tell(datagram, { kind: 'other', length: datagram.length }, datagram.length)
  }

  /** False where nothing here reads it. */
  #read(datagram: Datagram): boolean {
    switch (demultiplex(datagram.bytes)) {
      case 'stun':
        return this.#stun(datagram)
      case 'channel-data':
        return this.#channelData(datagram)
      case 'dtls':
        return this.#dtls(datagram)
      case 'rtp':
        return isRtcp(datagram.bytes) ? this.#rtcp(datagram) : this.#rtp(datagram)
      default:
        return false
    }
  }

  #stun(datagram: Datagram): boolean {
    const { direction, relayed } = datagram
    if (!isWhole(datagram) || !looksLikeStun(datagram.bytes)) return false
    direction.conversation.stun = true
    // Not even read: V8 makes what was long kept where garbage is not collected soon, and would go on to.
    if (!opensOthers(datagram.bytes) && this.#refused()) return true
    const message = decodeStun(this.#copies.copy(datagram.bytes))
    this.#tell(datagram, message, datagram.length)
    if (message.kind === 'malformed' || relayed) return true
    if (message.method === channelBind) {
      direction.conversation.channels ??= new ChannelBindings()
      direction.conversation.channels.follow(message)
    }
    if (message.class === 'indication') this.#indication(direction, message)
    return true
  }

  /** What a Send or Data indication carries (RFC 8656 §11). */
  #indication(direction: Direction, message: StunMessage): void {
    const as = message.method === 6 ? 'send-indication' : message.method === 7 ? 'data-indication' : undefined
    const data = as && attributeOf(message, stunAttributes.DATA)
    const address = as && attributeOf(message, stunAttributes.XOR_PEER_ADDRESS)
    const peer = address && xorAddressOf(address, message)
    if (!as || !data || !peer) return
    this.#datagram({ direction, bytes: data.value, length: data.value.length, relayed: { as, peer } })
  }

  #channelData(datagram: Datagram): boolean {
    const { direction, bytes, length, relayed } = datagram
    if (relayed || !looksLikeChannelData(bytes, length)) return false
    const channel = uint16(bytes, 0)
    const inner = uint16(bytes, 2)
    this.#tell(datagram, { kind: 'channel-data', channel, length: inner }, 0)
    this.#datagram({
      direction,
      bytes: bytes.subarray(channelHeaderLength, channelHeaderLength + inner),
      length: inner,
      relayed: direction.conversation.channels?.relayed(channel) ?? { as: 'channel-data', channel },
    })
    return true
  }

  #dtls(datagram: Datagram): boolean {
    const { bytes, direction } = datagram
    // The header of DTLS 1.3 tells nothing of itself: it is believed where a handshake was seen.
    const expected = direction.conversation.dtls && (bytes[0] as number) >= 32
    if (!isWhole(datagram) || (!expected && !looksLikeDtls(bytes))) return false
    direction.conversation.dtls = true
    direction.hellos ??= new HelloFragments()
    let before = 0
    for (const { record, end } of decodeDtls(bytes, { hellos: direction.hellos })) {
      this.#tell(datagram, record, end - before)
      before = end
    }
    return true
  }

  #rtcp(datagram: Datagram): boolean {
    const [first, ...more] = decodeRtcp(datagram.bytes, datagram.length)
    if (first === undefined || this.#isForeign(datagram, first)) return false
    this.#tell(datagram, first, datagram.length)
    for (const packet of more) this.#tell(datagram, packet, 0)
    return true
  }

  #rtp(datagram: Datagram): boolean {
    const packet = decodeRtp(datagram.bytes, datagram.length)
    if (this.#isForeign(datagram, packet)) return false
    this.#tell(datagram, packet, datagram.length)
    return true
  }

  /** What cannot be RTP is malformed only where RTP is to be expected, and where it was not the capture that cut it. */
  #isForeign(datagram: Datagram, { kind }: MessageBody): boolean {
    return kind === 'malformed' && !(datagram.direction.conversation.stun && isWhole(datagram))
  }

  #tell({ direction, relayed }: Pick<Datagram, 'direction' | 'relayed'>, body: MessageBody, size: number): void {
    const { transport, source, destination } = direction
    const message: WireMessage = {
      capture: this.#capture,
      packet: this.#packet,
      at: this.#at,
      transport,
      source,
      destination,
      body,
    }
    if (relayed) message.relayed = relayed
    this.#sink(message, size)
  }
}

/** One message of a 5-tuple, before it is read. */
interface Datagram {
  direction: Direction
  bytes: Uint8Array
  /** Bytes that it had on the wire: more than are there, where the capture cut it. */
  length: number
  relayed?: Relayed
}

/** Whether what follows depends on it: Send, Data and ChannelBind, whatever the class (RFC 8489 §5, RFC 8656 §17). */
const opensOthers = (bytes: Uint8Array) => [6, 7, channelBind].includes(uint16(bytes, 0) & 0x3eef)

const isWhole = ({ bytes, length }: Datagram) => bytes.length === length

/** Copies of messages that may be kept for long, side by side: a view on a chunk of the file would hold all of it. */
class Slab {
  #bytes = new Uint8Array(0)
  #used = 0

  copy(bytes: Uint8Array): Uint8Array {
    if (this.#used + bytes.length > this.#bytes.length) {
      this.#bytes = new Uint8Array(Math.max(bytes.length, 1 << 16))
      this.#used = 0
    }
    const copy = this.#bytes.subarray(this.#used, this.#used + bytes.length)
    copy.set(bytes)
    this.#used += bytes.length
    return copy
  }
}
