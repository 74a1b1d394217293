import type { Endpoint } from '../ip/address.ts'
import { hex, type StunAttribute, type StunMessage, stunType } from '../stun/stun-message.ts'
import { stunAttributes } from '../stun/stun-names.ts'
import { addressOf, channelOf, errorCodeOf, numberOf, textOf, xorAddressOf } from '../stun/stun-values.ts'
import { readMessages } from '../trace/read-trace.ts'
import type { ChannelData, DtlsRecord, RtcpPacket, RtpHeader, WireMessage } from '../trace/trace.ts'
import { tsharkFields } from './tshark.ts'

type Value = number | string
/** A field of tshark's, and what it should say of a message: each value that the message has of it, in order. */
type Columns<Body> = Record<string, (body: Body) => Value[]>

const all = (message: StunMessage, ...types: number[]): StunAttribute[] =>
  message.attributes.filter(({ type }) => types.includes(type))
const texts = (type: number) => (message: StunMessage) => all(message, type).map(textOf)
const numbers = (type: number) => (message: StunMessage) => all(message, type).map((one) => numberOf(one) ?? -1)
const codes = (of: (code: number) => number) => (message: StunMessage) =>
  all(message, stunAttributes.ERROR_CODE).map((one) => of(errorCodeOf(one)?.code ?? -1))

const combined = [0x0012, 0x0016, 0x0020]
const plain = [0x0001, 0x0004, 0x0005, 0x8023, 0x802b, 0x802c]
const addresses = (of: (endpoint: Endpoint) => Value[]) => (message: StunMessage) =>
  all(message, ...combined, ...plain).flatMap((one) => {
    const address = combined.includes(one.type) ? xorAddressOf(one, message) : addressOf(one)
    return address ? of(address) : []
  })
const family = (text: string) => addresses(({ address }) => (address.includes(text) ? [address] : []))

/** tshark tells types that nobody registered under another name. */
const known = new Set<number>(Object.values(stunAttributes))

const stun: Columns<StunMessage> = {
  'stun.type': (message) => [stunType(message.class, message.method)],
  'stun.id': ({ transactionId }) => [transactionId],
  'stun.att.type': ({ attributes }) => attributes.map(({ type }) => type).filter((type) => known.has(type)),
  'stun.att.length': ({ attributes }) => attributes.map(({ value }) => value.length),
  'stun.att.ipv4': family('.'),
  'stun.att.ipv6': family(':'),
  'stun.att.port': addresses(({ port }) => [port]),
  'stun.att.username': texts(stunAttributes.USERNAME),
  'stun.att.software': texts(stunAttributes.SOFTWARE),
  'stun.att.realm': texts(stunAttributes.REALM),
  'stun.att.nonce': texts(stunAttributes.NONCE),
  'stun.att.priority': numbers(stunAttributes.PRIORITY),
  'stun.att.lifetime': numbers(stunAttributes.LIFETIME),
  'stun.att.crc32': numbers(stunAttributes.FINGERPRINT),
  'stun.att.tie-breaker': (message) =>
    all(message, stunAttributes.ICE_CONTROLLED, stunAttributes.ICE_CONTROLLING).map((one) => hex(one.value)),
  'stun.att.channelnum': (message) => all(message, stunAttributes.CHANNEL_NUMBER).map((one) => channelOf(one) ?? -1),
  'stun.att.hmac': (message) => all(message, stunAttributes.MESSAGE_INTEGRITY).map((one) => hex(one.value)),
  'stun.att.error.class': codes((code) => Math.floor(code / 100)),
  'stun.att.error': codes((code) => code % 100),
}

const channel: Columns<ChannelData> = {
  'stun.channel': ({ channel }) => [channel],
}

const handshakes = (of: (handshake: NonNullable<DtlsRecord['handshake']>[number]) => Value[]) => (record: DtlsRecord) =>
  (record.handshake ?? []).flatMap(of)
const given = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value])

const dtls: Columns<DtlsRecord> = {
  'dtls.record.content_type': ({ contentType }) => [contentType],
  'dtls.record.version': ({ version }) => given(version),
  'dtls.record.epoch': ({ epoch }) => [epoch],
  'dtls.record.sequence_number': ({ sequence }) => [sequence],
  'dtls.record.length': ({ length }) => [length],
  'dtls.handshake.type': handshakes(({ type }) => [type]),
  'dtls.handshake.length': handshakes(({ length }) => [length]),
  'dtls.handshake.message_seq': handshakes(({ sequence }) => [sequence]),
  'dtls.handshake.fragment_offset': handshakes(({ fragmentOffset }) => [fragmentOffset]),
  'dtls.handshake.fragment_length': handshakes(({ fragmentLength }) => [fragmentLength]),
  'dtls.handshake.random': handshakes(({ hello }) => given(hello?.random)),
  'dtls.handshake.ciphersuite': handshakes(({ hello }) => hello?.cipherSuites ?? []),
  'dtls.handshake.extension.type': handshakes(({ hello }) => hello?.extensions ?? []),
  'dtls.use_srtp.protection_profile': handshakes(({ hello }) => hello?.srtpProfiles ?? []),
  'dtls.alert_message.level': ({ alert }) => given(alert?.level),
  'dtls.alert_message.desc': ({ alert }) => given(alert?.description),
}

const rtp: Columns<RtpHeader> = {
  'rtp.p_type': ({ payloadType }) => [payloadType],
  'rtp.marker': ({ marker }) => [Number(marker)],
  'rtp.seq': ({ sequence }) => [sequence],
  'rtp.timestamp': ({ timestamp }) => [timestamp],
  'rtp.ssrc': ({ ssrc }) => [ssrc],
  'rtp.cc': ({ csrcs }) => [csrcs.length],
  'rtp.csrc.item': ({ csrcs }) => csrcs,
  'rtp.padding': ({ padding }) => [Number(padding)],
  'rtp.ext': ({ extension }) => [Number(extension !== undefined)],
  'rtp.ext.profile': ({ extension }) => given(extension?.profile),
  'rtp.ext.len': ({ extension }) => given(extension && extension.length / 4),
}

const rtcp: Columns<RtcpPacket> = {
  'rtcp.pt': ({ packetType }) => [packetType],
  'rtcp.senderssrc': ({ ssrc, packetType }) => (packetType === 202 ? [] : given(ssrc)),
  'rtcp.length': ({ length }) => [length / 4 - 1],
}

const protocols = { stun, 'channel-data': channel, dtls, rtp, rtcp } as unknown as Record<string, Columns<unknown>>
/** Fields whose mere presence shows that tshark took a packet for the protocol. */
const first = (kind: string) => Object.keys(protocols[kind] as object)[0] as string

/** What tshark would else not look for. */
const heuristics = ['rtp_udp', 'rtp_stun', 'dtls_stun']

/** Of a hello in fragments, which tshark puts together once, and not when they are sent again. */
const onlyFirstTime = new Set([
  'dtls.handshake.random',
  'dtls.handshake.ciphersuite',
  'dtls.handshake.extension.type',
  'dtls.use_srtp.protection_profile',
])

export interface Comparison {
  /** Messages on which both agree in each field, by kind. */
  agreed: Record<string, number>
  /** Messages of ours in packets that tshark reads as nothing of the kind. */
  oursAlone: Record<string, number>
  /** Packets with a malformed message of ours, which are not compared. */
  malformed: number
  /** Packet, field, and what each says. */
  differences: string[]
}

/**
 * Compares what is read of a capture with what tshark reads, packet by packet. What Send and Data indications carry is not
 * compared, nor what ICMP quotes. Where tshark does not know a protocol in a packet, that is told in `oursAlone`.
 */
export async function compareWithTshark(capture: Uint8Array, args: string[] = []): Promise<Comparison> {
  const ours = new Map<number, WireMessage[]>()
  for await (const message of readMessages({ name: 'compared', bytes: capture })) {
    if (message.relayed && message.relayed.as !== 'channel-data') continue
    ours.set(message.packet, [...(ours.get(message.packet) ?? []), message])
  }
  const fields = Object.values(protocols).flatMap((columns) => Object.keys(columns))
  const options = [
    ...heuristics.flatMap((name) => ['--enable-heuristic', name]),
    '-E',
    'occurrence=a',
    '-E',
    'aggregator=;',
    '-Y',
    '!icmp && !icmpv6',
    ...args,
  ]
  const found: Comparison = { agreed: {}, oursAlone: {}, malformed: 0, differences: [] }
  for (const [number = '', ...row] of tsharkFields(capture, ['frame.number', ...fields], options)) {
    const theirs = new Map(fields.map((field, index) => [field, row[index] ?? '']))
    const mine = ours.get(Number(number)) ?? []
    // What breaks its format is told as a whole here, and by the fields before the breach there.
    if (mine.some(({ body }) => body.kind === 'malformed')) found.malformed++
    else for (const kind of Object.keys(protocols)) compare(kind, Number(number), mine, theirs, found)
  }
  return found
}

function compare(kind: string, packet: number, messages: WireMessage[], row: Map<string, string>, found: Comparison) {
  const mine = messages.filter(({ body }) => body.kind === kind)
  const theyHave = row.get(first(kind)) !== ''
  if (mine.length === 0 && !theyHave) return
  if (!theyHave) {
    found.oursAlone[kind] = (found.oursAlone[kind] ?? 0) + mine.length
    return
  }
  const before = found.differences.length
  for (const [field, of] of Object.entries(protocols[kind] ?? {})) {
    const expected = mine.flatMap(({ body }) => of(body))
    const theirs = (row.get(field) ?? '').split(';').filter((text) => text !== '')
    const same = expected.length === theirs.length && expected.every((value, index) => isSame(value, theirs[index]))
    if (same || (theirs.length === 0 && onlyFirstTime.has(field))) continue
    found.differences.push(`packet ${packet}: ${field}: ours ${expected.join()}, tshark ${theirs.join()}`)
  }
  if (found.differences.length === before) found.agreed[kind] = (found.agreed[kind] ?? 0) + mine.length
}

const isSame = (value: Value, theirs = '') =>
  typeof value === 'number' ? value === Number(theirs) : value === theirs || value === theirs.replaceAll(':', '')
