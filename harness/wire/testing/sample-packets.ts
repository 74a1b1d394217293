import type { InterfacePacket } from '../captured-packet.ts'
import type { Endpoint } from '../ip/address.ts'
import { encodeIp } from '../ip/encode-ip.ts'
import { linkTypes } from '../link-type.ts'
import { TcpSynthesizer } from '../tcp/tcp-synthesizer.ts'
import { encodeUdp, udpSegment } from '../udp/encode-udp.ts'
import { sampleChannelData, sampleDtls, sampleRtcp, sampleRtp, sampleStun } from './sample-messages.ts'

const a: Endpoint = { address: '192.0.2.1', port: 50_000 }
const b: Endpoint = { address: '198.51.100.2', port: 50_002 }
const a6: Endpoint = { address: '2001:db8::1', port: 50_004 }
const b6: Endpoint = { address: '2001:db8:0:1::2', port: 50_006 }
const server: Endpoint = { address: '198.51.100.9', port: 3478 }

const headers: Record<number, (version: number) => Uint8Array> = {
  [linkTypes.raw]: () => new Uint8Array(0),
  [linkTypes.ethernet]: (version) =>
    Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, ...(version === 4 ? [8, 0] : [0x86, 0xdd])),
  [linkTypes.linuxSll]: (version) =>
    Uint8Array.of(0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, ...(version === 4 ? [8, 0] : [0x86, 0xdd])),
  [linkTypes.linuxSll2]: (version) =>
    Uint8Array.of(...(version === 4 ? [8, 0] : [0x86, 0xdd]), 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0),
  [linkTypes.null]: (version) => Uint8Array.of(version === 4 ? 2 : 24, 0, 0, 0),
}

/** The link types that samples are made of. */
export const sampleLinkTypes = Object.keys(headers).map(Number)

/** An IP packet behind the header of a link type. */
export const onLink = (linkType: number, packet: Uint8Array): Uint8Array =>
  Buffer.concat([headers[linkType]?.((packet[0] as number) >> 4) ?? new Uint8Array(0), packet])

/**
 * A packet of each kind that calls have, both ways, IPv4 and IPv6, UDP and TCP, fragments too: what is compared and mutated.
 *
 * @param at epoch microseconds of the first; the others follow by milliseconds
 */
export function samplePackets(linkType: number = linkTypes.raw, at = 1_700_000_000_000_000): InterfacePacket[] {
  const packets: Uint8Array[] = []
  const udp = (source: Endpoint, destination: Endpoint, payload: Uint8Array) =>
    packets.push(encodeUdp({ source, destination, payload }))
  const media = [
    sampleRtp(),
    sampleRtp({ sequence: 2, csrcs: 2 }),
    sampleRtp({ sequence: 3, extension: true }),
    ...sampleRtcp(),
  ]
  for (const [one, other] of [
    [a, b],
    [a6, b6],
  ] as const) {
    for (const [index, payload] of [...sampleStun(), ...sampleDtls(), ...media].entries()) {
      udp(index % 2 ? other : one, index % 2 ? one : other, payload)
    }
  }
  for (const message of sampleStun()) udp(a, server, message)
  for (const message of [...sampleStun().slice(0, 4), ...sampleDtls(), ...media]) {
    udp(server, a, sampleChannelData(message))
  }
  packets.push(...fragments(sampleRtp({ sequence: 4, payload: 2800 })))
  packets.push(...connection())
  return packets.map((packet, index) => {
    const data = onLink(linkType, packet)
    return { at: at + index * 1000, length: data.length, data, linkType }
  })
}

function fragments(payload: Uint8Array): Uint8Array[] {
  const datagram = udpSegment({ source: a, destination: b, payload })
  return [0, 1400].map((offset) =>
    encodeIp({
      source: a.address,
      destination: b.address,
      protocol: 17,
      identification: 77,
      payload: datagram.subarray(offset, offset === 0 ? 1400 : undefined),
      fragment: { offset, more: offset === 0 },
    }),
  )
}

/** TURN over TCP, and ICE in the frames of RFC 4571, in segments that are no messages. */
function connection(): Uint8Array[] {
  const packets: Uint8Array[] = []
  const framed = (message: Uint8Array) => Buffer.concat([Uint8Array.of(message.length >> 8, message.length), message])
  const streams = [
    { to: server, bytes: Buffer.concat(sampleStun()) },
    { to: b, bytes: Buffer.concat([...sampleStun(), ...sampleDtls(), sampleRtp()].map(framed)) },
  ]
  for (const { to, bytes } of streams) {
    const tcp = new TcpSynthesizer({
      client: a,
      server: to,
      emit: ({ data }) => packets.push(data),
      segmentSize: 300,
    })
    tcp.open(0)
    tcp.data('client', bytes, 0)
    tcp.finish('client', 0)
  }
  return packets
}
