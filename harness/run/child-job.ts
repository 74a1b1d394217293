import { type ChildProcess, fork } from 'node:child_process'
import { getCompileCacheDir } from 'node:module'
import { fileURLToPath } from 'node:url'
import { signalGroup } from '../lab/embedded/signal-group.ts'
import type { Job, JobCommand, JobEvent } from './job.ts'
import { OutputTail } from './output-tail.ts'

/** Bounds on a job's process, milliseconds. */
export interface Patience {
  /** Without any event while the lab is made ready: images may have to be built. */
  lab: number
  /** Without any event once cases run. */
  cases: number
  /** Between being asked to stop and being gone. */
  stop: number
  /** Between the last event of its work and being gone: the lab is taken down. */
  teardown: number
}

export const defaultPatience: Patience = { lab: 15 * 60_000, cases: 120_000, stop: 10_000, teardown: 30_000 }

/** How the process of a job ended. */
export type JobEnd = { kind: 'done' } | { kind: 'stopped' } | { kind: 'died'; reason: string; output: string }

export interface ChildJobOptions {
  /** The module that the process runs; it waits for `start`. */
  module: URL
  patience: Patience
  /** Asks the process to stop. */
  stop: AbortSignal
  /** Ends it at once. */
  kill: AbortSignal
  environment: NodeJS.ProcessEnv
  onEvent(event: JobEvent): void
}

/**
 * Runs a job in a process of its own, in a process group of its own: Ctrl-C in the terminal reaches this process alone,
 * and what the job's process leaves behind goes with its group. Resolves when the process is gone, however it went.
 */
export function runChildJob(job: Job, options: ChildJobOptions): Promise<JobEnd> {
  const { patience } = options
  const child = fork(fileURLToPath(options.module), [], {
    detached: process.platform !== 'win32',
    execArgv: heapOf(job),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...options.environment, ...(getCompileCacheDir() ? { NODE_COMPILE_CACHE: getCompileCacheDir() } : {}) },
  })
  const output = new OutputTail()
  child.stdout?.on('data', (chunk: Buffer) => output.add(chunk))
  child.stderr?.on('data', (chunk: Buffer) => output.add(chunk))

  return new Promise((resolve) => {
    let done = false
    let casesRun = false
    let killedFor: string | undefined
    let silence: NodeJS.Timeout | undefined
    let leaving: NodeJS.Timeout | undefined

    const killFor = (reason: string) => {
      killedFor ??= reason
      signalGroup(child, 'SIGKILL')
    }
    const leave = (bound: number, reason: string) => {
      clearTimeout(silence)
      leaving ??= setTimeout(killFor, bound, reason)
    }
    const listen = () => {
      clearTimeout(silence)
      if (leaving) return
      const bound = casesRun ? patience.cases : patience.lab
      silence = setTimeout(killFor, bound, `said nothing for ${seconds(bound)} s and was killed`)
    }
    const onStop = () => {
      send(child, { type: 'stop' })
      leave(patience.stop, 'did not stop when asked to and was killed')
    }
    const onKill = () => killFor('was killed')
    const settle = (end: JobEnd) => {
      clearTimeout(silence)
      clearTimeout(leaving)
      options.stop.removeEventListener('abort', onStop)
      options.kill.removeEventListener('abort', onKill)
      signalGroup(child, 'SIGKILL')
      resolve(end)
    }

    child.on('message', (event: JobEvent) => {
      // What comes to an end because the lab was taken from under it is no verdict: it runs again on resume.
      if (done || options.stop.aborted || options.kill.aborted) return
      if (event.type === 'case-started') casesRun = true
      if (event.type === 'done') done = true
      listen()
      options.onEvent(event)
      if (event.type === 'done' || event.type === 'cell-error' || event.type === 'disk-full') {
        leave(patience.teardown, 'did not end after its work and was killed')
      }
    })
    child.on('error', (error) => {
      output.add(`${error.message}\n`)
      if (child.pid === undefined)
        settle({ kind: 'died', reason: `could not be started: ${error.message}`, output: output.text() })
    })
    child.on('close', (code, signal) => {
      if (done) return settle({ kind: 'done' })
      if (options.stop.aborted || options.kill.aborted) return settle({ kind: 'stopped' })
      const reason = killedFor ?? (signal ? `was ended by ${signal}` : `exited with code ${code}`)
      settle({ kind: 'died', reason, output: output.text() })
    })
    options.stop.addEventListener('abort', onStop)
    options.kill.addEventListener('abort', onKill)

    listen()
    if (options.kill.aborted) onKill()
    else if (options.stop.aborted) onStop()
    else send(child, { type: 'start', job })
  })
}

/**
 * Evidence is short-lived and comes in floods: a large young generation, or a heap that grows for speed, holds garbage. Of
 * a server's cell there is much; in a client's the clients need the processor more than the harness needs the memory.
 */
const heapOf = ({ cell }: Job): string[] =>
  cell.implementations[0]?.role === 'xmpp-client'
    ? ['--max-semi-space-size=8']
    : ['--max-semi-space-size=1', '--optimize-for-size']

/** The process may be gone already; that is told by its `close`. */
const send = (child: ChildProcess, command: JobCommand) => {
  if (child.connected) child.send(command, () => undefined)
}

const seconds = (milliseconds: number) => Math.round(milliseconds / 100) / 10
