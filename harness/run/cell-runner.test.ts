import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CellWork, runCell, type StartJob } from './cell-runner.ts'
import type { JobEnd } from './child-job.ts'
import type { JobEvent } from './job.ts'

const work = (...ids: string[]): CellWork => ({
  cell: { id: 'boat@1', implementations: [], environment: { runtime: 'embedded' }, cases: ids },
  cases: ids.map((id) => ({ id, attempts: [1] })),
})
const started = (id: string): JobEvent => ({ type: 'case-started', id, attempt: 1 })
const passed = (id: string): JobEvent => ({
  type: 'case-finished',
  id,
  attempt: 1,
  outcome: { verdict: 'pass', startedAt: 0, durationMs: 0 },
})
const died: JobEnd = { kind: 'died', reason: 'exited with code 7', output: 'boom' }

/** A process that runs its lanes in step, and dies as soon as `deadly` runs. */
const processThat = (deadly: (id: string) => boolean, jobs: string[] = []): StartJob => {
  return async (cases, lanes, onEvent) => {
    jobs.push(`${lanes}: ${cases.map(({ id }) => id).join(' ')}`)
    for (let index = 0; index < cases.length; index += lanes) {
      const step = cases.slice(index, index + lanes)
      for (const { id } of step) onEvent(started(id))
      if (step.some(({ id }) => deadly(id))) return died
      for (const { id } of step) onEvent(passed(id))
    }
    onEvent({ type: 'done' })
    return { kind: 'done' }
  }
}

async function outcomes(given: CellWork, lanes: number, start: StartJob) {
  const verdicts: Record<string, string> = {}
  const errors: string[] = []
  await runCell(given, lanes, start, (event) => {
    if (event.type === 'case-finished') {
      assert.equal(verdicts[event.id], undefined, 'a case is told once')
      verdicts[event.id] = `${event.outcome.verdict} ${event.outcome.message ?? ''}`.trim()
    }
    if (event.type === 'cell-error') errors.push(event.message)
  })
  return { verdicts, errors }
}

describe('a cell', () => {
  test('runs in one process where nothing goes wrong', async () => {
    const jobs: string[] = []
    const { verdicts } = await outcomes(
      work('a', 'b', 'c'),
      2,
      processThat(() => false, jobs),
    )
    assert.deepEqual(verdicts, { a: 'pass', b: 'pass', c: 'pass' })
    assert.deepEqual(jobs, ['2: a b c'])
  })

  test('loses the case that kills its process, with what it printed, and no other', async () => {
    const jobs: string[] = []
    const { verdicts, errors } = await outcomes(
      work('a', 'b', 'c', 'd', 'e'),
      2,
      processThat((id) => id === 'c', jobs),
    )
    const { c, ...rest } = verdicts
    assert.match(c ?? '', /^error the job's process exited with code 7 while this case ran; the last it printed:\nboom/)
    assert.deepEqual(rest, { a: 'pass', b: 'pass', d: 'pass', e: 'pass' })
    assert.deepEqual(errors, [])
    assert.deepEqual(jobs, ['2: a b c d e', '1: c d', '1: d', '2: e'])
  })

  test('gives up after three deaths without a case', async () => {
    let processes = 0
    const { verdicts, errors } = await outcomes(work('a', 'b'), 1, async () => {
      processes++
      return died
    })
    assert.equal(processes, 3)
    assert.deepEqual(verdicts, {})
    assert.match(errors[0] ?? '', /exited with code 7, 3 times without having finished a case/)
  })

  test('goes on as long as each process finishes something', async () => {
    const { verdicts, errors } = await outcomes(work('a', 'b', 'c', 'd', 'e'), 1, async (cases, _, onEvent) => {
      const [first] = cases
      if (first) for (const event of [started(first.id), passed(first.id)]) onEvent(event)
      return died
    })
    assert.equal(Object.keys(verdicts).length, 5)
    assert.deepEqual(errors, [])
  })

  test('makes what a process left out an error, and does not ask again', async () => {
    let processes = 0
    const { verdicts, errors } = await outcomes(work('a', 'b'), 1, async (_, __, onEvent) => {
      processes++
      for (const event of [started('a'), passed('a')]) onEvent(event)
      onEvent({ type: 'done' })
      return { kind: 'done' }
    })
    assert.equal(verdicts.a, 'pass')
    assert.match(verdicts.b ?? '', /^error the job ended without having run this case/)
    assert.deepEqual([processes, errors], [1, []])
  })

  test('does not believe what it did not ask for, or twice', async () => {
    const { verdicts } = await outcomes(work('a'), 1, async (_, __, onEvent) => {
      for (const id of ['a', 'a', 'z']) onEvent(passed(id))
      onEvent({ type: 'done' })
      return { kind: 'done' }
    })
    assert.deepEqual(verdicts, { a: 'pass' })
  })

  test('is over when it cannot be worked, or the run stops', async () => {
    let processes = 0
    const end = async (event: JobEvent | undefined, how: JobEnd): Promise<void> => {
      await outcomes(work('a'), 1, async (_, __, onEvent) => {
        processes++
        if (event) onEvent(event)
        return how
      })
    }
    await end({ type: 'cell-error', message: 'no image' }, { kind: 'done' })
    await end(undefined, { kind: 'stopped' })
    assert.equal(processes, 2)
  })
})
