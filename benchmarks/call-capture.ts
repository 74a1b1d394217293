import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { linkTypes } from '../harness/wire/link-type.ts'
import { pcapHeader, pcapRecord } from '../harness/wire/pcap/pcap-writer.ts'
import { sampleDtls, sampleRtcp, sampleRtp, sampleStun } from '../harness/wire/testing/sample-messages.ts'
import { onLink } from '../harness/wire/testing/sample-packets.ts'
import { encodeUdp } from '../harness/wire/udp/encode-udp.ts'

/** Packets of a call behind its handshake: every 250th is a check, every 100th RTCP, three of four bigger ones are video. */
const packetsOfCall = 5000

/**
 * Writes a capture of calls, one after the other, each with checks, a handshake and media both ways.
 *
 * @param bytes at least so many
 * @returns packets written
 */
export async function writeCallCapture(path: string, bytes: number): Promise<number> {
  const file = createWriteStream(path, { highWaterMark: 1 << 20 })
  file.write(pcapHeader(linkTypes.ethernet))
  let written = 0
  let packets = 0
  for (let call = 0; written < bytes; call++) {
    const records = callRecords(call)
    const part = Buffer.concat(records)
    if (!file.write(part)) await once(file, 'drain')
    written += part.length
    packets += records.length
  }
  file.end()
  await once(file, 'finish')
  return packets
}

function callRecords(call: number): Uint8Array[] {
  const v6 = call % 4 === 3
  const host = (side: number) => (v6 ? `2001:db8::${side}:${(call % 250).toString(16)}` : `192.0.${side}.${call % 250}`)
  const a = { address: host(1), port: 20_000 + (call % 20_000) }
  const b = { address: host(2), port: 20_001 + (call % 20_000) }
  const payloads = [...sampleStun(), ...sampleDtls()]
  const checks = sampleStun().slice(0, 4)
  const reports = sampleRtcp(call + 1)
  for (let index = 0; index < packetsOfCall; index++) {
    const video = index % 8 > 1
    const sequence = index >> 1
    if (index % 250 === 249) payloads.push(checks[(index >> 8) % 4] as Uint8Array)
    else if (index % 100 === 99) payloads.push(reports[index % 3] as Uint8Array)
    else
      payloads.push(sampleRtp({ sequence, ssrc: call * 4 + (video ? 2 : 0) + (index & 1), payload: video ? 1100 : 90 }))
  }
  const start = 1_700_000_000_000_000 + call * 60_000_000
  return payloads.map((payload, index) => {
    const [source, destination] = index & 1 ? [b, a] : [a, b]
    const data = onLink(linkTypes.ethernet, encodeUdp({ source, destination, payload }))
    return pcapRecord({ at: start + index * 5000, length: data.length, data })
  })
}
