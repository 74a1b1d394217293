import { readdir, readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { ownerIsGone, ownLabels } from '../lab/docker/labels.ts'

const runMark = 'ASSAY_RUN'
const ownerMark = 'ASSAY_OWNER'

/**
 * The environment that everything started for a run inherits: marked with the run and the process that looks after it,
 * so that what outlives that process can be found. Passwords that came by the environment are left out.
 */
export function markedEnvironment(runId: string): NodeJS.ProcessEnv {
  const { ASSAY_ACCOUNTS: _, ...environment } = process.env
  const owner = JSON.stringify(ownLabels({ runId, cellId: '' }, 'run'))
  return { ...environment, [runMark]: runId, [ownerMark]: owner }
}

/** A process that a run left behind. */
export interface Leftover {
  pid: number
  runId: string
  command: string
}

/**
 * The processes of runs whose own process is gone, or all of one run. Looks in /proc: elsewhere than on Linux it finds
 * none.
 */
export async function findLeftovers(ofRun?: string): Promise<Leftover[]> {
  const entries = await readdir('/proc').catch(() => [])
  const pids = entries.filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map((pid) => leftover(pid, ofRun)))
  return found.filter((one) => one !== undefined)
}

async function leftover(pid: number, ofRun: string | undefined): Promise<Leftover | undefined> {
  if (pid === process.pid) return undefined
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  const runId = variable(environment, runMark)
  const owner = variable(environment, ownerMark)
  if (runId === undefined || owner === undefined) return undefined
  if (ofRun === undefined ? !ownerIsGone(parse(owner)) : runId !== ofRun) return undefined
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return { pid, runId, command: command.replaceAll('\0', ' ').trim() }
}

/** Ends the processes of dead runs, or all of one run, and says which. */
export async function endLeftovers(ofRun?: string): Promise<Leftover[]> {
  const found = await findLeftovers(ofRun)
  for (const { pid } of found) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It went by itself.
    }
  }
  await Promise.all(found.map(({ pid }) => gone(pid)))
  return found
}

/** Resolves when a process is gone or a zombie; what it held is free then. Gives up after 5 s. */
async function gone(pid: number): Promise<void> {
  const until = Date.now() + 5_000
  while (Date.now() < until) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    if (stat === undefined || / Z /.test(stat.slice(stat.lastIndexOf(')')))) return
    // A process that is not our child tells nobody of its end: looking is all there is.
    await setTimeout(10)
  }
}

function variable(environment: string, name: string): string | undefined {
  const line = environment.split('\0').find((one) => one.startsWith(`${name}=`))
  return line?.slice(name.length + 1)
}

function parse(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    return {}
  }
}
