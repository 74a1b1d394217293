import { attributeOf, type StunMessage } from '../stun/stun-message.ts'
import { stunAttributes } from '../stun/stun-names.ts'
import { FlowCollector } from './flow-collector.ts'
import type { DtlsRecord, Trace, WireMessage } from './trace.ts'

/** Bounds of what a trace holds. */
export interface TraceLimits {
  /** STUN, DTLS and malformed messages kept; 100 000 by default. Those beyond it are counted in a note. */
  messages?: number
}

/** Collects the messages of captures to a trace. */
export class TraceBuilder {
  readonly notes: string[] = []
  readonly #limit: number
  readonly #messages: Trace['messages'] = []
  readonly #flows = new FlowCollector()
  #left = 0

  constructor({ messages = 50_000 }: TraceLimits = {}) {
    this.#limit = messages
  }

  /** The next message. @param size bytes that it adds to a flow, as `MessageSink` has it */
  add(message: WireMessage, size: number): void {
    const { body } = message
    if (body.kind === 'channel-data') return
    if (body.kind === 'rtp' || body.kind === 'rtcp' || body.kind === 'other') {
      this.#flows.add(message, body.kind, size)
      return
    }
    if (body.kind !== 'malformed') this.#flows.call(message)
    if (body.kind === 'dtls' && isData(body)) this.#flows.add(message, 'dtls-data', size)
    // What an indication carries follows as a message of its own, and media would else be kept packet by packet.
    else if (body.kind !== 'stun' || !carriesData(body)) this.#keep(message as Trace['messages'][number])
  }

  /** True where a message more has no room; it is then counted as left out. */
  refuse(): boolean {
    if (this.#messages.length < this.#limit) return false
    this.#left++
    return true
  }

  finish(captures: Trace['captures']): Trace {
    const notes = [...this.notes]
    if (this.#left > 0) {
      notes.push(`${this.#left} messages beyond the first ${this.#limit} were left out, to bound the memory.`)
    }
    const { packets, bytes } = this.#flows.left
    if (packets > 0) notes.push(`${packets} packets (${bytes} bytes) of data flows too many to keep were left out.`)
    return {
      captures,
      messages: this.#messages.sort((a, b) => a.at - b.at || a.capture - b.capture || a.packet - b.packet),
      flows: this.#flows.finish(),
      notes,
    }
  }

  #keep(message: Trace['messages'][number]): void {
    if (!this.refuse()) this.#messages.push(message)
  }
}

/** Application data, as far as one can see: DTLS 1.3 hides the type, and keeps epoch 2 for the handshake (RFC 9147 §6.1). */
const isData = ({ contentType, epoch }: DtlsRecord) =>
  contentType === 23 || contentType === 25 || (contentType === 'unified' && epoch !== 2)

const carriesData = (message: StunMessage) =>
  message.class === 'indication' &&
  (message.method === 6 || message.method === 7) &&
  attributeOf(message, stunAttributes.DATA) !== undefined
