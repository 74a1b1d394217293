import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { type TranscriptEntry, transcriptEntry } from '../../harness/record/transcript.ts'

/** Part of a transcript, as a page carries it. */
export interface ShownTranscript {
  /** Lines of the transcript. Those that were cut carry `total`, the bytes of the whole text. */
  lines: string
  /** Entries in the part of the file that was read. */
  count: number
  /** Entries that were left out. */
  left: number
}

const maximumFile = 4_000_000
const maximumText = 6_000

/** Reads the beginning, or the end, of a file: at most `limit` bytes. Nothing where it cannot be read. */
export function readPart(file: string, limit: number, from: 'start' | 'end' = 'start'): Buffer | undefined {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return undefined
  }
  try {
    const { size } = fstatSync(descriptor)
    const buffer = Buffer.allocUnsafe(Math.min(size, limit))
    const read = readSync(descriptor, buffer, 0, buffer.length, from === 'end' ? size - buffer.length : 0)
    return buffer.subarray(0, read)
  } catch {
    return undefined
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Reads the transcript of a case as far as a page has room for it. One that fits goes as it is, unread: thousands of
 * them make a report, and the page's script reads those that somebody opens.
 *
 * @param folder the evidence of the case
 * @param budget characters that the page has room for
 */
export function readTranscript(folder: string, budget: number): ShownTranscript | undefined {
  const text = readPart(join(folder, 'transcript.ndjson'), maximumFile)?.toString('utf8')
  if (text === undefined) return undefined
  if (text.length > budget) return shortenTranscript(text, budget)
  let count = text === '' || text.endsWith('\n') ? 0 : 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return { lines: text, count, left: 0 }
}

function shortenTranscript(text: string, budget: number): ShownTranscript {
  const kept: string[] = []
  let [room, count, left] = [budget, 0, 0]
  for (const line of text.split('\n')) {
    if (line === '') continue
    count++
    if (room <= 0) {
      left++
      continue
    }
    const entry = line.length > maximumText ? parseLine(line) : undefined
    const short = entry ? JSON.stringify(shortenEntry(entry)) : line.slice(0, maximumText)
    room -= short.length
    kept.push(short)
  }
  return { lines: kept.join('\n'), count, left }
}

function parseLine(line: string): TranscriptEntry | undefined {
  try {
    return transcriptEntry.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

function shortenEntry(entry: TranscriptEntry): TranscriptEntry & { total?: number } {
  const { text, base64, detail } = entry
  const short: TranscriptEntry & { total?: number } = { ...entry, detail: detail?.slice(0, maximumText) }
  if (text !== undefined && text.length > maximumText) {
    Object.assign(short, { text: text.slice(0, maximumText), total: Buffer.byteLength(text) })
  }
  // A multiple of four letters is whole bytes.
  if (base64 !== undefined && base64.length > 2048) {
    Object.assign(short, { base64: base64.slice(0, 2048), total: Math.floor((base64.length * 3) / 4) })
  }
  return short
}
