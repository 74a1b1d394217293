import { statfsSync } from 'node:fs'
import { isCode } from '../record/run-directory.ts'
import type { JobEvent } from './job.ts'

/** There is no room left under the run directory: the run stops, and goes on from its journal when there is. */
export class DiskFullError extends Error {
  override name = 'DiskFullError'
  readonly code = 'ENOSPC'
}

/** Whether an error says that a disk, or the user's share of it, is full. */
export const isDiskFull = (error: unknown): boolean => isCode(error, 'ENOSPC', 'EDQUOT')

/** Less room than this is none, bytes. */
const tooLittle = 1024 * 1024

/** Whether a job's process failed because the disk of the run directory is full, and not some other disk. */
export function tellsOfFullDisk(event: JobEvent, runDirectory: string): boolean {
  const text = textOf(event)
  if (text === undefined || !/ENOSPC|EDQUOT|no space left on device/i.test(text)) return false
  const { bavail, bsize } = statfsSync(runDirectory)
  return bavail * bsize < tooLittle
}

function textOf(event: JobEvent): string | undefined {
  if (event.type === 'case-finished') return event.outcome.verdict === 'error' ? event.outcome.message : undefined
  if (event.type === 'cell-error') return `${event.message} ${event.log ?? ''}`
  return undefined
}
