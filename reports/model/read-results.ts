import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Results, resultsSchema } from '../../harness/record/results-schema.ts'

/**
 * Reads and checks the results.json of a run directory.
 *
 * @throws Error when the file is not there or is not of the schema; the message names the file and the field.
 */
export async function readResults(runDirectory: string): Promise<Results> {
  const file = join(runDirectory, 'results.json')
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new Error(`${file} cannot be read: is ${runDirectory} a run directory?`, { cause })
  }
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file} is not JSON; the run may have been cut short (resume it, then report)`, { cause })
  }
  const parsed = resultsSchema.safeParse(data)
  if (parsed.success) return parsed.data
  const first = parsed.error.issues[0]
  throw new Error(`${file} is not of the schema: ${first?.path.join('.')}: ${first?.message}`)
}
