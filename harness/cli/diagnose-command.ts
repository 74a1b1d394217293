import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { diagnosisPage } from '../../reports/diagnosis/diagnosis-page.ts'
import { type Diagnosis, examine, ladderOf, readSignalling, tellDiagnosis } from '../diagnose/index.ts'
import { UsageError } from '../plan/usage-error.ts'
import { exitCodes } from '../record/exit-code.ts'
import { readTrace } from '../wire/trace/read-trace.ts'
import type { Trace } from '../wire/trace/trace.ts'
import { describeDiagnosis } from './describe-diagnosis.ts'
import { note, print, printJson } from './output.ts'

export interface DiagnoseOptions {
  sdp?: string[]
  transcript?: string[]
  html?: string
  json?: boolean
}

/** Reads captures, judges, prints, and gives the exit code. */
export async function diagnoseCommand(captures: string[], options: DiagnoseOptions): Promise<number> {
  const signalled = readSignalling(await readTexts([...(options.sdp ?? []), ...(options.transcript ?? [])]))
  if (signalled.length === 0 && (options.sdp || options.transcript)) {
    note('assay: no ICE credentials were found in what --sdp and --transcript name')
  }
  const examination = examine(await readCaptures(captures), signalled)
  const diagnosis: Diagnosis = tellDiagnosis(examination)
  if (options.html !== undefined) {
    const ladders = examination.sessions.map((_, index) => ladderOf(examination, index))
    await writeFile(options.html, diagnosisPage(captures.map((path) => basename(path)).join(', '), diagnosis, ladders))
    note(`Written: ${options.html}`)
  }
  if (options.json) await printJson(diagnosis)
  else await print(describeDiagnosis(diagnosis))
  return diagnosis.findings.some(({ level }) => level === 'MUST') ? exitCodes.unexpectedFailure : exitCodes.asExpected
}

async function readCaptures(paths: string[]): Promise<Trace> {
  let trace: Trace
  try {
    trace = await readTrace(paths)
  } catch (error) {
    if (isSystemError(error)) throw new UsageError(`cannot read ${error.path ?? paths.join(', ')}: ${error.code}`)
    throw error
  }
  const unreadable = trace.captures.find(({ packets, fault }) => packets === 0 && fault !== undefined)
  if (unreadable) throw new UsageError(`${unreadable.name} is no capture that can be read: ${unreadable.fault}`)
  return trace
}

const readTexts = (paths: string[]): Promise<string[]> =>
  Promise.all(
    paths.map(async (path) => {
      try {
        return await readFile(path, 'utf8')
      } catch (error) {
        throw new UsageError(`cannot read ${path}: ${isSystemError(error) ? error.code : error}`)
      }
    }),
  )

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error
