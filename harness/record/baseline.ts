import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { fits, isPattern } from '../plan/glob.ts'
import { didYouMean } from '../plan/nearest.ts'
import { UsageError } from '../plan/usage-error.ts'
import type { CaseResult, CellResult, Verdict } from './results-schema.ts'

const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, YYYY-MM-DD')
  .refine((text) => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text), 'is no date of the calendar')

const entry = z.strictObject({
  /** `prosody@0.11.9`, or `prosody` for every version. */
  implementation: z.string().min(1),
  /** Id of a case, or a pattern. */
  case: z.string().min(1),
  verdict: z.enum(['fail', 'warn', 'inconclusive', 'error', 'unsupported']),
  reason: z.string().min(1, 'must say why this is known'),
  link: z.url('must be a link to where this is followed up'),
  /** Last day that the entry excuses. */
  expires: date,
  /** Where it applies, e.g. `{ "transport": "websocket" }`; left out: everywhere. */
  environment: z.record(z.string(), z.string()).optional(),
})
export type BaselineEntry = z.infer<typeof entry>

/** Known failures: `{ "entries": [...] }` or the list alone. */
export const baselineSchema = z.union([
  z.strictObject({ $schema: z.string().optional(), entries: z.array(entry) }),
  z.array(entry),
])

/** @throws UsageError naming the file, the entry and the field. */
export async function readBaseline(file: string): Promise<BaselineEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(
      `--baseline ${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  })
  return parseBaseline(text, file)
}

/** @see readBaseline */
export function parseBaseline(text: string, file: string): BaselineEntry[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`--baseline ${file}: is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const list = Array.isArray(value) ? value : (value as { entries?: unknown } | null)?.entries
  if (!Array.isArray(list)) throw new UsageError(`--baseline ${file}: must be { "entries": [...] }`)
  return list.map((one, index) => {
    const parsed = entry.safeParse(one)
    if (parsed.success) return parsed.data
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'entry'}: ${issue.message}`)
    throw new UsageError(`--baseline ${file}: entry ${index + 1}: ${issues.join('; ')}`)
  })
}

/** What of a baseline names nothing known: one sentence each, for the user to mend. */
export function unknownEntries(entries: BaselineEntry[], cases: string[], implementations: string[]): string[] {
  return entries.flatMap((one, index) => {
    const sentences: string[] = []
    const known = isPattern(one.case) ? cases.some((id) => fits(one.case, id)) : cases.includes(one.case)
    if (!known) sentences.push(`entry ${index + 1}: no case ${one.case}${didYouMean(one.case, cases)}`)
    if (!implementations.includes(one.implementation)) {
      const near = didYouMean(one.implementation, implementations)
      sentences.push(`entry ${index + 1}: no implementation ${one.implementation}${near}`)
    }
    return sentences
  })
}

/** Whether a verdict is what one expects who knows of no baseline. */
export const expectedAnyway = (verdict: Verdict): boolean =>
  verdict === 'pass' || verdict === 'warn' || verdict === 'unsupported'

/**
 * What a baseline says of a verdict. An entry whose date has passed excuses nothing; a pass where a failure is known is
 * unexpected too, and says so; a verdict that is bad in another way than the known one is not excused.
 *
 * @param today YYYY-MM-DD
 */
export function judge(
  cell: Pick<CellResult, 'implementations' | 'environment'>,
  id: string,
  verdict: Verdict,
  baseline: BaselineEntry[],
  today: string,
): Pick<CaseResult, 'expected' | 'expectation'> {
  const known = baseline.find((one) => applies(one, cell) && fits(one.case, id))
  const expected = expectedAnyway(verdict)
  if (!known) return { expected }
  const expectation = { verdict: known.verdict, reason: known.reason, link: known.link, expires: known.expires }
  if (known.expires < today) return { expected, expectation: { ...expectation, state: 'expired' } }
  if (verdict === known.verdict) return { expected: true, expectation: { ...expectation, state: 'kept' } }
  const mended = verdict === 'pass' || (verdict === 'warn' && known.verdict !== 'unsupported')
  if (mended) return { expected: false, expectation: { ...expectation, state: 'passes' } }
  return { expected }
}

function applies(one: BaselineEntry, cell: Pick<CellResult, 'implementations' | 'environment'>): boolean {
  const named = cell.implementations.some(
    ({ id, version }) => one.implementation === id || one.implementation === `${id}@${version}`,
  )
  return named && Object.entries(one.environment ?? {}).every(([key, value]) => cell.environment[key] === value)
}
