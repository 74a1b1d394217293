import type { CapturedPacket } from '../captured-packet.ts'
import { snapLength } from './pcap-writer.ts'

/** Secrets type of a TLS key log in a Decryption Secrets Block ("TLSK"). */
const tlsKeyLog = 0x544c534b

/**
 * What a pcapng file begins with: Section Header, one Interface Description in microseconds, and the TLS secrets, which
 * a reader must see before the packets that they decrypt (draft-ietf-opsawg-pcapng, sections 4.1, 4.2 and 4.7).
 *
 * @param keyLog lines of a TLS key log (SSLKEYLOGFILE format), or the whole text; none: no secrets block
 */
export function pcapngHeader(linkType: number, keyLog: string | readonly string[] = ''): Uint8Array {
  const sectionHeader = block(0x0a0d0d0a, [
    uint32(0x1a2b3c4d),
    uint16(1, 0),
    uint32(0xffffffff, 0xffffffff), // section length: not told
    ...option(4, Buffer.from('Assay')), // shb_userappl
    endOfOptions,
  ])
  const interfaceDescription = block(1, [
    uint16(linkType, 0),
    uint32(snapLength),
    ...option(9, Uint8Array.of(6)), // if_tsresol: 10^-6 s
    endOfOptions,
  ])
  const log = Buffer.from(logText(keyLog))
  const secrets = log.length === 0 ? [] : [block(10, [uint32(tlsKeyLog, log.length), padded(log)])]
  return Buffer.concat([sectionHeader, interfaceDescription, ...secrets])
}

/** One Enhanced Packet Block, on interface 0 of the header (draft-ietf-opsawg-pcapng, section 4.3). */
export function pcapngPacket(packet: CapturedPacket): Uint8Array {
  const high = Math.floor(packet.at / 2 ** 32)
  const low = packet.at % 2 ** 32
  return block(6, [uint32(0, high, low, packet.data.length, packet.length), padded(packet.data)])
}

/** A whole pcapng file with the TLS secrets inside, so that a reader decrypts it without further ado. */
export function pcapngFile(
  linkType: number,
  packets: Iterable<CapturedPacket>,
  keyLog: string | readonly string[] = '',
): Uint8Array {
  return Buffer.concat([pcapngHeader(linkType, keyLog), ...Array.from(packets, pcapngPacket)])
}

/** One text whose every line ends in a newline, whether the lines came with theirs (as Node's `keylog` event) or not. */
function logText(keyLog: string | readonly string[]): string {
  const lines = (typeof keyLog === 'string' ? [keyLog] : keyLog).flatMap((part) => part.split('\n'))
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function block(type: number, parts: Uint8Array[]): Uint8Array {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([uint32(type, length), ...parts, uint32(length)])
}

const endOfOptions = uint16(0, 0)

function option(code: number, value: Uint8Array): Uint8Array[] {
  return [uint16(code, value.length), padded(value)]
}

/** Filled up to a multiple of four bytes. */
function padded(bytes: Uint8Array): Uint8Array {
  return bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes], Math.ceil(bytes.length / 4) * 4)
}

function uint32(...values: number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeUInt32LE(value, index * 4)
  })
  return bytes
}

function uint16(...values: number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 2)
  values.forEach((value, index) => {
    bytes.writeUInt16LE(value, index * 2)
  })
  return bytes
}
