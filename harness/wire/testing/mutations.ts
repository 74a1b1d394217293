/** Random numbers that a seed repeats (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const telling = [0, 1, 3, 4, 0x40, 0x7f, 0x80, 0xfe, 0xff]

/** A packet with a few mistakes: bytes changed, fields made extreme, cut, doubled, or crossed with another packet. */
export function mutated(packet: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit)
  let bytes = Uint8Array.from(packet)
  for (let left = 1 + below(4); left > 0 && bytes.length > 0; left--) {
    const at = below(bytes.length)
    switch (below(6)) {
      case 0:
        bytes[at] = below(256)
        break
      case 1:
        bytes[at] = (bytes[at] as number) ^ (1 << below(8))
        break
      case 2:
        bytes[at] = telling[below(telling.length)] as number
        break
      case 3: {
        const value = telling[below(telling.length)] as number
        bytes.fill(value, at, at + 2)
        break
      }
      case 4:
        bytes = bytes.slice(0, at)
        break
      default:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...other.subarray(below(other.length))].slice(0, 2000))
    }
  }
  return bytes
}
