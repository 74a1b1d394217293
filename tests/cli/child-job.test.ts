import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { type JobEnd, runChildJob } from '../../harness/run/child-job.ts'
import type { Job, JobEvent } from '../../harness/run/job.ts'

const job: Job = {
  runId: 'r',
  runDirectory: '/nowhere',
  cell: { id: 'boat@1', implementations: [], environment: { runtime: 'embedded' }, cases: ['a'] },
  cases: [{ id: 'a', attempts: [1] }],
  lanes: 1,
  seed: 's',
}

/** Runs a job whose process is the given source, with little patience; `stop`: asks it to stop once a case has begun. */
async function run(source: string, { stop: stops = false } = {}): Promise<{ end: JobEnd; events: JobEvent[] }> {
  const stop = new AbortController()
  const events: JobEvent[] = []
  const end = await runChildJob(job, {
    module: new URL(`../support/eval-job.ts`, import.meta.url),
    patience: { lab: 2000, cases: 600, stop: 400, teardown: 400 },
    stop: stop.signal,
    kill: new AbortController().signal,
    environment: { ...process.env, EVAL_JOB: source },
    onEvent: (event) => {
      events.push(event)
      if (stops && event.type === 'case-started') stop.abort()
    },
  })
  return { end, events }
}
const caseStarted = `process.send({ type: 'case-started', id: 'a', attempt: 1 });`

describe('the process of a job', { concurrency: 2 }, () => {
  test('that says nothing for too long while cases run is killed', async () => {
    const { end } = await run(`${caseStarted} for (;;);`)
    assert.deepEqual(end, { kind: 'died', reason: 'said nothing for 0.6 s and was killed', output: '' })
  })

  test('that says something now and then is not', async () => {
    const { end } = await run(`${caseStarted}
      let count = 0
      setInterval(() => {
        process.send({ type: 'lab', text: 'still here' })
        if (++count === 5) process.send({ type: 'done' }, () => process.exit())
      }, 250)`)
    assert.equal(end.kind, 'done')
  })

  test('may take longer while its lab is made ready', async () => {
    const { end } = await run(`setTimeout(() => process.send({ type: 'done' }, () => process.exit()), 1000)`)
    assert.equal(end.kind, 'done')
  })

  test('that does not end after its work is ended, and its work counts', async () => {
    const { end } = await run(`process.send({ type: 'done' }); setInterval(() => {}, 1000)`)
    assert.equal(end.kind, 'done')
  })

  test('that does not stop when asked to is killed, and what it says in between is no verdict', async () => {
    const { end, events } = await run(
      `${caseStarted} process.on('message', ({ type }) => { if (type === 'stop') process.send({ type: 'case-finished', id: 'a' }) })`,
      { stop: true },
    )
    assert.equal(end.kind, 'stopped')
    assert.deepEqual(
      events.map(({ type }) => type),
      ['case-started'],
    )
  })

  test('that is ended from outside says so, with the last it printed', async () => {
    const { end } = await run(`console.error('about to go'); process.kill(process.pid, 'SIGSEGV')`)
    assert.deepEqual(end, { kind: 'died', reason: 'was ended by SIGSEGV', output: 'about to go' })
  })

  test('takes its own children along', async () => {
    const { end, events } = await run(`
      const child = require('node:child_process').spawn('sleep', ['60'], { stdio: 'ignore' })
      process.send({ type: 'lab', text: String(child.pid) }, () => process.exit(5))`)
    assert.equal(end.kind, 'died')
    const [event] = events
    const pid = event?.type === 'lab' ? Number(event.text) : 0
    assert.ok(pid > 0)
    for (let tries = 0; tries < 50 && isAlive(pid); tries++) await new Promise((resolve) => setTimeout(resolve, 20))
    assert.ok(!isAlive(pid))
  })

  test('a module that is not there is a death', async () => {
    const end = await runChildJob(job, {
      module: new URL('./nothing.ts', import.meta.url),
      patience: { lab: 5000, cases: 5000, stop: 5000, teardown: 5000 },
      stop: new AbortController().signal,
      kill: new AbortController().signal,
      environment: process.env,
      onEvent: () => {},
    })
    assert.ok(end.kind === 'died' && /nothing\.ts/.test(end.output))
  })
})

/** One that is dead and not yet collected by its new parent counts as gone. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
