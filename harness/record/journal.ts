import { closeSync, fstatSync, fsync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { attempt, behaviours, cellStages, shownVerdicts } from './results-schema.ts'
import { isCode } from './run-directory.ts'

const outcome = attempt.extend({
  verdict: z.enum(shownVerdicts),
  how: z.enum(behaviours).optional(),
  difference: z.object({ expected: z.string(), actual: z.string() }).optional(),
  evidence: z.string().optional(),
  files: z.array(z.string()).optional(),
})

const ofCell = { at: z.number(), cell: z.string() }

/** One line of journal.ndjson. `at` is in epoch milliseconds. */
export const journalEntry = z.discriminatedUnion('type', [
  z.object({ at: z.number(), type: z.literal('begun'), pid: z.number() }),
  z.object({ at: z.number(), type: z.literal('ended'), reason: z.enum(['finished', 'stopped', 'disk-full']) }),
  z.object({ ...ofCell, type: z.literal('lab'), text: z.string() }),
  z.object({ ...ofCell, type: z.literal('provenance'), provenance: z.record(z.string(), z.string()) }),
  z.object({ ...ofCell, type: z.literal('claims'), claims: z.array(z.string()) }),
  z.object({ ...ofCell, type: z.literal('stages'), id: z.string(), attempt: z.number().int(), stages: cellStages }),
  z.object({ ...ofCell, type: z.literal('case-started'), id: z.string(), attempt: z.number().int() }),
  z.object({ ...ofCell, type: z.literal('case-finished'), id: z.string(), attempt: z.number().int(), outcome }),
  z.object({ ...ofCell, type: z.literal('cell-error'), message: z.string(), log: z.string().optional() }),
])
export type JournalEntry = z.infer<typeof journalEntry>

/** How long a line may stay in the machine's memory before it is forced to the disk, milliseconds. */
const syncAfter = 1000

/**
 * journal.ndjson, open for appending. A line is handed to the operating system before `append` returns, so a killed
 * process loses none; it reaches the disk within a second, so a machine that loses power loses a second.
 */
export class Journal {
  readonly #file: number
  #timer: NodeJS.Timeout | undefined
  #torn: boolean

  /** @throws the operating system's error when the file cannot be opened */
  constructor(path: string) {
    this.#file = openSync(path, 'a+')
    this.#torn = endsTorn(this.#file)
  }

  /** @throws the operating system's error, e.g. ENOSPC; the line is then torn, and the next one begins on a new line */
  append(entry: JournalEntry): void {
    const bytes = Buffer.from(`${this.#torn ? '\n' : ''}${JSON.stringify(entry)}\n`)
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(this.#file, bytes, written)
      this.#torn = false
    } catch (error) {
      this.#torn ||= written > 0
      throw error
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      fsync(this.#file, () => undefined)
    }, syncAfter).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    try {
      fsyncSync(this.#file)
    } catch (error) {
      // A full disk may say so here again; what could be written is written.
      if (!isCode(error, 'ENOSPC', 'EDQUOT', 'EINVAL')) throw error
    } finally {
      closeSync(this.#file)
    }
  }
}

function endsTorn(file: number): boolean {
  const { size } = fstatSync(file)
  if (size === 0) return false
  const last = Buffer.alloc(1)
  readSync(file, last, 0, 1, size - 1)
  return last.toString() !== '\n'
}

/** What a journal says, and which of its lines could not be read (counted from 1). */
export interface ReadJournal {
  entries: JournalEntry[]
  torn: number[]
}

/**
 * Reads a journal. A line that cannot be read, the last one of a killed run or one in the middle, is reported and left
 * out: the case that it named counts as not run. A journal that is not there is empty.
 */
export async function readJournal(path: string): Promise<ReadJournal> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return ''
    throw error
  })
  return parseJournal(text)
}

/** @see readJournal */
export function parseJournal(text: string): ReadJournal {
  const entries: JournalEntry[] = []
  const torn: number[] = []
  text.split('\n').forEach((line, index) => {
    if (line === '') return
    const entry = parseLine(line)
    if (entry) entries.push(entry)
    else torn.push(index + 1)
  })
  return { entries, torn }
}

function parseLine(line: string): JournalEntry | undefined {
  try {
    return journalEntry.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
