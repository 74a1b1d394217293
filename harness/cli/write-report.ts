import { complain } from './output.ts'

/** Writes the HTML report of a run directory. One that cannot be made is told, and changes nothing of what the run came to. */
export async function writeReport(directory: string): Promise<string | undefined> {
  try {
    const { writeHtmlReport } = await import('../../reports/html/index.ts')
    return (await writeHtmlReport(directory)).index
  } catch (error) {
    complain(`the report could not be written: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
