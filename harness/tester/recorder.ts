import { isUtf8 } from 'node:buffer'
import type { TranscriptEntry } from '../record/transcript.ts'
import { epochMicroseconds } from '../wire/epoch-clock.ts'

/** Where a TCP connection of the tester runs, for finding its packets in the capture. */
export interface Flow {
  localAddress: string
  localPort: number
  remoteAddress: string
  remotePort: number
  /** Epoch microseconds before which it was not begun. */
  since: number
}

/** Bytes of transcript that one case may hold; beyond it only the fact is noted. */
const capacity = 64 * 1024 * 1024

/** Collects the evidence of one case as it happens: bytes of both directions, TLS secrets, flows. */
export class CaseRecorder {
  readonly entries: TranscriptEntry[] = []
  readonly flows: Flow[] = []
  readonly keyLog: string[] = []
  /** True for a target that is not ours: SASL exchanges and TLS secrets are not kept. */
  readonly withholdSecrets: boolean
  readonly #names = new Map<string, number>()
  #size = 0

  constructor(options: { withholdSecrets?: boolean } = {}) {
    this.withholdSecrets = options.withholdSecrets ?? false
  }

  /** A recorder for one connection; a name that is taken gets a number. */
  connection(name: string): ConnectionRecorder {
    const count = (this.#names.get(name) ?? 0) + 1
    this.#names.set(name, count)
    return new ConnectionRecorder(this, count === 1 ? name : `${name} (${count})`)
  }

  add(entry: TranscriptEntry): void {
    const size = (entry.text?.length ?? 0) + (entry.base64?.length ?? 0)
    if (this.#size <= capacity && this.#size + size > capacity) {
      this.entries.push({ ...entry, text: undefined, base64: undefined, event: 'truncated', detail: 'over 64 MiB' })
    }
    this.#size += size
    if (this.#size <= capacity) this.entries.push(entry)
  }
}

/** Records one connection of a case. */
export class ConnectionRecorder {
  readonly name: string
  /** While true, bytes are counted but not kept (only where the case withholds secrets). */
  secret = false
  readonly #owner: CaseRecorder

  constructor(owner: CaseRecorder, name: string) {
    this.#owner = owner
    this.name = name
  }

  bytes(direction: 'sent' | 'received', chunk: Uint8Array): void {
    const entry: TranscriptEntry = { at: epochMicroseconds(), connection: this.name, direction }
    if (this.secret && this.#owner.withholdSecrets) {
      entry.redacted = true
      entry.detail = `${chunk.length} bytes of authentication, not kept`
    } else if (isUtf8(chunk)) entry.text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('utf8')
    else entry.base64 = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('base64')
    this.#owner.add(entry)
  }

  event(event: string, detail?: string): void {
    this.#owner.add({ at: epochMicroseconds(), connection: this.name, event, ...(detail ? { detail } : {}) })
  }

  flow(flow: Flow): void {
    this.#owner.flows.push(flow)
  }

  keyLogLine(line: Uint8Array): void {
    if (!this.#owner.withholdSecrets) this.#owner.keyLog.push(Buffer.from(line).toString('ascii'))
  }
}
