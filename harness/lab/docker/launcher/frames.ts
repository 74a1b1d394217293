/** What is said between the tester and the launcher: launcher.pl tells what each letter means. */
export interface Frame {
  kind: string
  /** Number of the probe; 0 where it is about none. */
  probe: number
  payload: Buffer
}

const headerBytes = 9

export function encodeFrame(kind: string, probe: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(payload)
  const frame = Buffer.alloc(headerBytes + bytes.length)
  frame.write(kind, 0, 1, 'latin1')
  frame.writeUInt32BE(probe, 1)
  frame.writeUInt32BE(bytes.length, 5)
  bytes.copy(frame, headerBytes)
  return frame
}

/** Cuts what the launcher writes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  read(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    while (rest.length >= headerBytes) {
      const end = headerBytes + rest.readUInt32BE(5)
      if (rest.length < end) break
      const payload = rest.subarray(headerBytes, end)
      frames.push({ kind: rest.toString('latin1', 0, 1), probe: rest.readUInt32BE(1), payload })
      rest = rest.subarray(end)
    }
    this.#rest = rest
    return frames
  }
}
