import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { type TranscriptEntry, transcriptEntry } from '../../harness/record/transcript.ts'

/** What one page shows of a transcript; the file has the rest. */
export interface ShownTranscript {
  /** Epoch microseconds of the first entry. */
  start: number
  entries: ShownEntry[]
  /** Lines that were not entries (a torn last line), and entries left out. */
  torn: number
  left: number
}

/** A transcript entry in few letters: it is written into the page once for every result. */
export interface ShownEntry {
  /** Microseconds since the first. */
  t: number
  c: string
  d?: 's' | 'r'
  x?: string
  b?: string
  /** Bytes in all, where only the first are here. */
  n?: number
  e?: string
  m?: string
  z?: 1
}

const maximumFile = 4_000_000
const maximumText = 6_000

/** Reads the beginning of a file: at most `limit` bytes. Nothing where it cannot be read. */
export function readBeginning(file: string, limit: number, from: 'start' | 'end' = 'start'): Buffer | undefined {
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
 * Reads the transcript of a case as far as a page shows it.
 *
 * @param folder the evidence of the case
 * @param budget characters of text that the page has room for
 */
export function readTranscript(folder: string, budget: number): ShownTranscript | undefined {
  const text = readBeginning(join(folder, 'transcript.ndjson'), maximumFile)?.toString('utf8')
  if (text === undefined) return undefined
  const shown: ShownTranscript = { start: 0, entries: [], torn: 0, left: 0 }
  let room = budget
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (room <= 0) {
      shown.left++
      continue
    }
    const entry = parseLine(line)
    if (!entry) {
      shown.torn++
      continue
    }
    if (shown.entries.length === 0) shown.start = entry.at
    const short = shorten(entry, shown.start)
    room -= 60 + (short.x?.length ?? 0) + (short.b?.length ?? 0) + (short.m?.length ?? 0)
    shown.entries.push(short)
  }
  return shown
}

function parseLine(line: string): TranscriptEntry | undefined {
  try {
    return transcriptEntry.parse(JSON.parse(line))
  } catch {
    return undefined
  }
}

function shorten(entry: TranscriptEntry, start: number): ShownEntry {
  const short: ShownEntry = { t: entry.at - start, c: entry.connection.slice(0, 80) }
  if (entry.direction) short.d = entry.direction === 'sent' ? 's' : 'r'
  if (entry.text !== undefined) {
    short.x = entry.text.slice(0, maximumText)
    if (entry.text.length > maximumText) short.n = Buffer.byteLength(entry.text)
  }
  if (entry.base64 !== undefined) {
    // A multiple of four letters is whole bytes.
    short.b = entry.base64.slice(0, 2048)
    if (entry.base64.length > 2048) short.n = Math.floor((entry.base64.length * 3) / 4)
  }
  if (entry.event !== undefined) short.e = entry.event
  if (entry.detail !== undefined) short.m = entry.detail.slice(0, maximumText)
  if (entry.redacted) short.z = 1
  return short
}
