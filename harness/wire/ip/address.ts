import { isIP } from 'node:net'

/** An IP address and a port. */
export interface Endpoint {
  /** As `normalAddress` writes it. */
  address: string
  port: number
}

/** The address of 4 or 16 bytes as text; IPv6 in the form of RFC 5952. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] as number) << 8) | (bytes[i + 1] as number))
  // The longest run of two or more zero groups is left out; the first, where two are as long (section 4.2).
  let start = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > longest) {
      start = i
      longest = end - i
    }
    if (end > i) i = end
  }
  const hex = groups.map((group) => group.toString(16))
  if (start < 0) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + longest).join(':')}`
}

/** The 4 or 16 bytes of an address; an IPv4 address mapped into IPv6 gives 4. Throws TypeError on anything else. */
export function parseAddress(text: string): Uint8Array {
  const address = text.replace(/%.*$/, '')
  if (isIP(address) === 4) return Uint8Array.from(address.split('.'), Number)
  if (isIP(address) !== 6) throw new TypeError(`not an IP address: ${text}`)
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const plain = dotted
    ? dotted[1] + [2, 4].map((i) => ((Number(dotted[i]) << 8) | Number(dotted[i + 1])).toString(16)).join(':')
    : address
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
  const bytes = Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16)]),
  )
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  return mapped ? bytes.slice(12) : bytes
}

/** One spelling for each address: RFC 5952, without zone, and IPv4 as IPv4. Throws TypeError where it is none. */
export function normalAddress(text: string): string {
  return isIP(text) === 4 ? text : formatAddress(parseAddress(text))
}
