import type { CapturedPacket } from '../../wire/captured-packet.ts'
import type { Endpoint } from '../../wire/ip/address.ts'
import { pcapFile } from '../../wire/pcap/pcap-writer.ts'
import { encodeStun, errorCodeValue, type StunField, xorAddressValue } from '../../wire/stun/encode-stun.ts'
import type { StunClass } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { encodeUdp } from '../../wire/udp/encode-udp.ts'

/** Who speaks in a scripted call. */
export interface Speaker {
  address: string
  ufrag: string
  password: string
  role: 'controlling' | 'controlled'
  tieBreaker: bigint
}

/** What of a check is not as usual; times in milliseconds. */
export interface CheckOptions {
  /** When: by default 50 ms after whatever came last. */
  at?: number
  useCandidate?: boolean
  /** Sent as attribute 0xC001. */
  nomination?: number
  component?: number
  /** Instead of what the component and the type peer-reflexive give; null: none. */
  priority?: number | null
  username?: string | null
  role?: Speaker['role'] | null
  tieBreaker?: bigint
  /** Key of the integrity; null: none. */
  password?: string | null
  fingerprint?: boolean | 'wrong'
  extra?: StunField[]
  /** Times of further transmissions, after the first. */
  again?: number[]
  /** Code of an error, or false for none at all; success unless told. */
  answer?: number | false
  /** After the request; 10 unless told. */
  answerAfter?: number
  answerFrom?: Endpoint
  /** Null: none. */
  mapped?: Endpoint | null
  answerPassword?: string | null
  answerExtra?: StunField[]
  answerFingerprint?: boolean
}

export const priorityOf = (component: number, type = 110): number => type * 2 ** 24 + 65535 * 2 ** 8 + 256 - component

/** 2026-01-01, so that captures look the same whenever they are made. */
const epoch = Date.UTC(2026, 0, 1) * 1000

/** Writes calls packet by packet, right unless told otherwise: what rules are tried on, and the captures in tests/. */
export class CallScript {
  readonly packets: CapturedPacket[] = []
  /** Milliseconds from the beginning. */
  now = 0
  #transactions = 0

  /** One UDP packet. */
  udp(from: Endpoint, to: Endpoint, payload: Uint8Array, at = this.now): this {
    const data = encodeUdp({ source: from, destination: to, payload })
    this.packets.push({ at: epoch + Math.round(at * 1000), length: data.length, data })
    this.now = Math.max(this.now, at)
    return this
  }

  /** One STUN message of any kind; gives its transaction id. */
  stun(
    [from, to]: [Endpoint, Endpoint],
    message: {
      class: StunClass
      method?: number
      fields?: StunField[]
      key?: string | null
      fingerprint?: boolean | 'wrong'
    },
    { at = this.now, id = this.nextId() }: { at?: number; id?: Uint8Array } = {},
  ): Uint8Array {
    const { method = 1, key, fingerprint = true, fields, class: kind } = message
    const bytes = encodeStun({
      class: kind,
      method,
      transactionId: id,
      fields,
      key: typeof key === 'string' ? Buffer.from(key) : undefined,
      fingerprint: fingerprint !== false,
    })
    if (fingerprint === 'wrong') bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 0xff
    this.udp(from, to, bytes, at)
    return id
  }

  /** A connectivity check from one speaker's port to another's, and its answer. */
  check([from, fromPort]: [Speaker, number], [to, toPort]: [Speaker, number], options: CheckOptions = {}): this {
    const { at = this.now + 50, component = 1, again = [], answerAfter = 10 } = options
    const source = { address: from.address, port: fromPort }
    const destination = { address: to.address, port: toPort }
    const { username = `${to.ufrag}:${from.ufrag}`, priority = priorityOf(component), role = from.role } = options
    const fields: StunField[] = []
    if (username !== null) fields.push({ type: stunAttributes.USERNAME, value: username })
    if (priority !== null) fields.push({ type: stunAttributes.PRIORITY, value: priority })
    if (role) fields.push({ type: roleTypes[role], value: uint64(options.tieBreaker ?? from.tieBreaker) })
    if (options.useCandidate) fields.push({ type: stunAttributes.USE_CANDIDATE, value: new Uint8Array() })
    if (options.nomination !== undefined) fields.push({ type: stunAttributes.NOMINATION, value: options.nomination })
    fields.push(...(options.extra ?? []))
    const { password = to.password, fingerprint } = options
    const request = { class: 'request', fields, key: password, fingerprint } as const
    const id = this.stun([source, destination], request, { at })
    for (const later of again) this.stun([source, destination], request, { at: later, id })
    if (options.answer === false) return this
    const last = again.at(-1) ?? at
    const { mapped = source, answer, answerFrom = destination, answerPassword = to.password } = options
    const answered: StunField[] = []
    if (typeof answer === 'number')
      answered.push({ type: stunAttributes.ERROR_CODE, value: errorCodeValue(answer, '') })
    else if (mapped) answered.push({ type: stunAttributes.XOR_MAPPED_ADDRESS, value: xorAddressValue(mapped, id) })
    answered.push(...(options.answerExtra ?? []))
    this.stun(
      [answerFrom, source],
      {
        class: typeof answer === 'number' ? 'error' : 'success',
        fields: answered,
        key: answerPassword,
        fingerprint: options.answerFingerprint,
      },
      { at: last + answerAfter, id },
    )
    return this
  }

  /** RTP, one packet each 20 ms from now on or from a time. */
  rtp([from, fromPort]: [Speaker, number], [to, toPort]: [Speaker, number], seconds: number, at = this.now + 20): this {
    const [source, destination] = [
      { address: from.address, port: fromPort },
      { address: to.address, port: toPort },
    ]
    for (let index = 0; index < seconds * 50; index++) {
      const bytes = Buffer.alloc(32)
      bytes[0] = 0x80
      bytes[1] = 8
      bytes.writeUInt16BE(index & 0xffff, 2)
      bytes.writeUInt32BE(index * 160, 4)
      bytes.writeUInt32BE(fromPort, 8)
      this.udp(source, destination, bytes, at + index * 20)
    }
    return this
  }

  /** The first message of a DTLS handshake: ClientHello (1) or ServerHello (2). */
  hello([from, fromPort]: [Speaker, number], [to, toPort]: [Speaker, number], type: 1 | 2, at = this.now + 10): this {
    const body = Buffer.concat([
      Buffer.from([0xfe, 0xfd]),
      Buffer.alloc(32, fromPort & 0xff),
      type === 1 ? Buffer.from([0, 0, 0, 2, 0xc0, 0x2b, 1, 0]) : Buffer.from([0, 0xc0, 0x2b, 0]),
    ])
    const head = Buffer.alloc(25)
    head[0] = 22
    head.writeUInt16BE(0xfefd, 1)
    head.writeUInt16BE(12 + body.length, 11)
    head[13] = type
    head.writeUIntBE(body.length, 14, 3)
    head.writeUIntBE(body.length, 22, 3)
    const [source, destination] = [
      { address: from.address, port: fromPort },
      { address: to.address, port: toPort },
    ]
    return this.udp(source, destination, Buffer.concat([head, body]), at)
  }

  /** Lets time pass without a packet, milliseconds. */
  wait(milliseconds: number): this {
    this.now += milliseconds
    return this
  }

  nextId(): Uint8Array {
    const id = Buffer.alloc(12, 0x5a)
    id.writeUInt32BE(++this.#transactions)
    return id
  }

  /** The call as a classic pcap file with link type raw IP. */
  pcap(): Uint8Array {
    return pcapFile(
      101,
      this.packets.toSorted((one, other) => one.at - other.at),
    )
  }
}

const roleTypes = { controlling: stunAttributes.ICE_CONTROLLING, controlled: stunAttributes.ICE_CONTROLLED }

function uint64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}

export const romeo: Speaker = {
  address: '192.0.2.1',
  ufrag: 'ROMEO1',
  password: 'the-password-of-romeo-24',
  role: 'controlling',
  tieBreaker: 200n,
}

export const juliet: Speaker = {
  address: '192.0.2.2',
  ufrag: 'JULIET',
  password: 'the-password-of-juliet24',
  role: 'controlled',
  tieBreaker: 100n,
}
