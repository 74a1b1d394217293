// The child process of one job: whatever an IUT does to it, the run goes on.
import { LabError } from '../lab/lab.ts'
import { createWorld } from './create-world.ts'
import type { JobCommand, JobEvent } from './job.ts'
import { loadJobSuites } from './load-job-suites.ts'
import { JobRunner } from './run-job.ts'
import type { World } from './world.ts'

const emit = (event: JobEvent): void => {
  process.send?.(event)
}

let runner: JobRunner | undefined
let world: World | undefined
let ending = false

/** Takes the lab down and goes, whatever state it is in. */
async function end(code: number) {
  if (ending) return
  ending = true
  try {
    await world?.[Symbol.asyncDispose]()
  } finally {
    process.exit(code)
  }
}

async function start({ job }: Extract<JobCommand, { type: 'start' }>) {
  try {
    const suites = await loadJobSuites()
    world = await createWorld(job, (text) => emit({ type: 'lab', text }))
    if (ending) return await world[Symbol.asyncDispose]()
    emit({ type: 'provenance', provenance: world.provenance })
    emit({ type: 'claims', claims: world.claims })
    emit({ type: 'lab', text: 'ready' })
    runner = new JobRunner(job, world, suites, emit)
    await runner.run()
    emit({ type: 'done' })
    await end(0)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') emit({ type: 'disk-full', message })
    else if (error instanceof LabError) emit({ type: 'cell-error', message, log: error.log })
    else emit({ type: 'cell-error', message: error instanceof Error ? (error.stack ?? message) : message })
    await end(3)
  }
}

process.on('message', (command: JobCommand) => {
  if (command.type === 'start') start(command)
  else {
    runner?.stop()
    end(0)
  }
})
// The parent is gone: nobody wants what this process does, and nobody else takes its lab down.
process.on('disconnect', () => end(3))
// Ctrl-C reaches the whole process group; the parent decides and tells.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => end(3))
process.setMaxListeners(100)
