import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { AttemptOutcome, JobCommand, JobEvent } from '../../harness/run/job.ts'

/**
 * Stands in for the process that runs cases: what a case comes to is in its name, and FAKE (JSON: case id, or its last
 * part, to what happens) says otherwise. `changing` passes on odd attempts alone.
 */
const plan = JSON.parse(process.env.FAKE ?? '{}') as Record<string, string>
const durationMs = Number(process.env.FAKE_MS ?? 5)
let stopping = false

const tell = (event: JobEvent): Promise<void> =>
  new Promise((resolve) => {
    process.send?.(event, () => resolve())
  })

process.on('disconnect', () => process.exit(1))
process.on('message', (command: JobCommand) => {
  if (command.type === 'stop') stopping = true
  else void work(command.job)
})

async function work(job: Extract<JobCommand, { type: 'start' }>['job']) {
  await tell({ type: 'lab', text: 'ready' })
  await tell({ type: 'provenance', provenance: { lanes: String(job.lanes) } })
  if (plan.cell === job.cell.id) return crash('cell-error')
  const queue = job.cases.flatMap(({ id, attempts }) => attempts.map((attempt) => ({ id, attempt })))
  const lane = async () => {
    for (let next = queue.shift(); next && !stopping; next = queue.shift()) await one(next.id, next.attempt)
  }
  await Promise.all(Array.from({ length: job.lanes }, lane))
  if (!stopping) await tell({ type: 'done' })
  process.exit(0)

  async function one(id: string, attempt: number) {
    await tell({ type: 'case-started', id, attempt })
    const startedAt = Date.now()
    await delay(durationMs)
    const name = id.split('/').at(-1) ?? ''
    const happens = plan[`${job.cell.id} ${name}`] ?? plan[name] ?? name
    if (happens === 'dies' || happens === 'hangs' || happens === 'disk-full') return crash(happens)
    const verdict = verdictOf(happens, attempt)
    const evidence = join('evidence', job.cell.id, id)
    await mkdir(join(job.runDirectory, evidence), { recursive: true })
    await writeFile(join(job.runDirectory, evidence, 'transcript.ndjson'), '{}\n')
    const secret = job.target?.accounts[0]?.password
    const message = secret ? `the password is ${secret}` : verdict === 'pass' ? undefined : `came to ${verdict}`
    const outcome: AttemptOutcome = {
      verdict,
      startedAt,
      durationMs: Date.now() - startedAt,
      evidence,
      files: ['transcript.ndjson'],
    }
    await tell({
      type: 'case-finished',
      id,
      attempt,
      outcome: message === undefined ? outcome : { ...outcome, message },
    })
  }
}

function verdictOf(happens: string, attempt: number): AttemptOutcome['verdict'] {
  if (happens === 'changing') return attempt % 2 === 1 ? 'pass' : 'fail'
  if (happens === 'failing' || happens === 'fail') return 'fail'
  if (happens === 'warning') return 'warn'
  if (happens === 'unsupported' || happens === 'inconclusive' || happens === 'error') return happens
  return 'pass'
}

async function crash(how: string): Promise<void> {
  if (how === 'cell-error') {
    await tell({ type: 'cell-error', message: 'image fake does not build', log: 'step 1: no' })
    await tell({ type: 'done' })
    process.exit(0)
  }
  if (how === 'disk-full') return tell({ type: 'disk-full', message: 'ENOSPC: no space left on device' })
  if (how === 'hangs') for (;;) Math.random()
  console.error('the fake dies, as it was told to')
  process.exit(7)
}
