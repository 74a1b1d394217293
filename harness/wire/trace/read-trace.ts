import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { CaptureReader } from '../pcap/capture-reader.ts'
import { MessageDecoder, type MessageSink } from './message-decoder.ts'
import type { CaptureSummary, Trace, WireMessage } from './trace.ts'
import { TraceBuilder, type TraceLimits } from './trace-builder.ts'

/** A capture: the path of its file, or its bytes with a name, whole or as they come. */
export type CaptureSource = string | { name: string; bytes: Uint8Array | AsyncIterable<Uint8Array> }

export interface ReadTraceOptions extends TraceLimits {
  /** Told as the files are read. */
  onProgress?: (progress: { capture: number; bytes: number }) => void
  /** Ends the reading with its reason. */
  signal?: AbortSignal
}

/**
 * Reads captures (pcap, pcapng) to one trace, file by file, in bounded memory. What is wrong with a capture is told in its
 * summary, and what was read before is kept.
 *
 * @throws the system's error where a file cannot be opened or read; the signal's reason
 */
export async function readTrace(
  sources: CaptureSource | readonly CaptureSource[],
  options: ReadTraceOptions = {},
): Promise<Trace> {
  const builder = new TraceBuilder(options)
  const captures: CaptureSummary[] = []
  for (const [index, source] of [sources].flat().entries()) {
    const decoder = new MessageDecoder(
      index,
      (message, size) => builder.add(message, size),
      () => builder.refuse(),
    )
    const summary = await readCapture(source, decoder, (bytes) => {
      options.signal?.throwIfAborted()
      options.onProgress?.({ capture: index, bytes })
    })
    captures.push(summary)
    builder.notes.push(...decoder.notes.map((note) => `${summary.name}: ${note}`))
  }
  return builder.finish(captures)
}

/** Each message of a capture in the order of its packets, media too: for those who compare or count. */
export async function* readMessages(source: CaptureSource, capture = 0): AsyncGenerator<WireMessage, CaptureSummary> {
  let found: WireMessage[] = []
  const sink: MessageSink = (message) => found.push(message)
  const decoder = new MessageDecoder(capture, sink)
  const reading = steps(source, decoder)
  for (;;) {
    const step = await reading.next()
    const messages = found
    found = []
    yield* messages
    if (step.done) return step.value
  }
}

async function readCapture(source: CaptureSource, decoder: MessageDecoder, told: (bytes: number) => void) {
  const reading = steps(source, decoder)
  for (;;) {
    const step = await reading.next()
    if (step.done) return step.value
    told(step.value)
  }
}

/** Reads a capture chunk by chunk; yields the bytes read so far. */
async function* steps(source: CaptureSource, decoder: MessageDecoder): AsyncGenerator<number, CaptureSummary> {
  const reader = new CaptureReader()
  const name = typeof source === 'string' ? basename(source) : source.name
  const summary: CaptureSummary = { name, format: 'pcap', packets: 0 }
  let bytes = 0
  for await (const chunk of chunksOf(source)) {
    for (const packet of reader.push(chunk)) {
      decoder.push(packet)
      summary.firstAt = Math.min(summary.firstAt ?? packet.at, packet.at)
      summary.lastAt = Math.max(summary.lastAt ?? packet.at, packet.at)
    }
    summary.packets = reader.packets
    summary.format = reader.format
    bytes += chunk.length
    yield bytes
    if (reader.fault !== undefined) break
  }
  decoder.end()
  const fault = reader.end()
  if (fault !== undefined) summary.fault = fault
  const keyLog = reader.secrets.filter(({ type }) => type === tlsKeyLog).map(({ data }) => Buffer.from(data).toString())
  if (keyLog.length > 0) summary.keyLog = keyLog.join('')
  return summary
}

/** Secrets type of a TLS key log ("TLSK"). */
const tlsKeyLog = 0x544c534b

/** Bytes read from a file at once. */
const chunkSize = 1 << 17

function chunksOf(source: CaptureSource): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  if (typeof source === 'string') return createReadStream(source, { highWaterMark: chunkSize })
  return source.bytes instanceof Uint8Array ? [source.bytes] : source.bytes
}
