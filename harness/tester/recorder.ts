import { isUtf8 } from 'node:buffer'
import { Redactor } from '../record/redact.ts'
import type { TranscriptEntry } from '../record/transcript.ts'
import { Inconclusive } from '../suite/verdict-errors.ts'
import { epochMicroseconds } from '../wire/epoch-clock.ts'
import { SaslVeil } from './sasl-veil.ts'

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
  /** Knows the passwords of a target's accounts. */
  readonly redactor: Redactor
  readonly #names = new Map<string, number>()
  #size = 0

  /** @param options.secrets accounts of a target: nothing of their passwords is kept, nor sent where others may read it */
  constructor(options: { withholdSecrets?: boolean; secrets?: { jid: string; password: string }[] } = {}) {
    this.withholdSecrets = options.withholdSecrets ?? options.secrets !== undefined
    this.redactor = new Redactor(options.secrets)
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
  readonly #veils = { sent: new SaslVeil(), received: new SaslVeil() }

  constructor(owner: CaseRecorder, name: string) {
    this.#owner = owner
    this.name = name
  }

  bytes(direction: 'sent' | 'received', chunk: Uint8Array): void {
    const entry: TranscriptEntry = { at: epochMicroseconds(), connection: this.name, direction }
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (this.#owner.withholdSecrets) this.#veiled(entry, direction, bytes)
    else if (isUtf8(bytes)) entry.text = bytes.toString('utf8')
    else entry.base64 = bytes.toString('base64')
    this.#owner.add(entry)
  }

  /** Fills an entry with what may be kept. */
  #veiled(entry: TranscriptEntry, direction: 'sent' | 'received', bytes: Buffer) {
    const { kept, withheld } = this.#veils[direction].write(bytes)
    if (this.secret) {
      entry.redacted = true
      entry.detail = `${bytes.length} bytes of authentication, not kept`
      return
    }
    const { redactor } = this.#owner
    const text = kept.toString(isUtf8(kept) ? 'utf8' : 'latin1')
    const clean = redactor.text(text)
    if (withheld || clean !== text) entry.redacted = true
    if (clean !== text || isUtf8(kept)) entry.text = clean
    else entry.base64 = kept.toString('base64')
  }

  /**
   * Looks at what is about to be sent where others may read it or answer in the server's name.
   *
   * @throws Inconclusive where it holds a password of a target's account, or proves that somebody knows one.
   */
  refuseSecrets(bytes: Uint8Array): void {
    if (!this.#owner.withholdSecrets) return
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    if (this.#owner.redactor.text(text) === text && !/<(?:[\w.-]+:)?response[\s>]/.test(text)) return
    throw new Inconclusive("the password of a target's account is only used inside TLS with a trusted certificate")
  }

  event(event: string, detail?: string): void {
    const told = detail && this.#owner.redactor.text(detail)
    this.#owner.add({ at: epochMicroseconds(), connection: this.name, event, ...(told ? { detail: told } : {}) })
  }

  flow(flow: Flow): void {
    this.#owner.flows.push(flow)
  }

  keyLogLine(line: Uint8Array): void {
    if (!this.#owner.withholdSecrets) this.#owner.keyLog.push(Buffer.from(line).toString('ascii'))
  }
}
