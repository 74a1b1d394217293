import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Death } from '../lab/lab.ts'
import { defineSuite, type Suite } from '../suite/define-suite.ts'
import { expect } from '../suite/expect.ts'
import { capability } from '../suite/requirements.ts'
import { Inconclusive, NothingCame } from '../suite/verdict-errors.ts'
import type { AttemptOutcome, Job } from './job.ts'
import { JobRunner } from './run-job.ts'
import type { World } from './world.ts'

const runDirectory = mkdtempSync(path.join(tmpdir(), 'assay-run-job-'))
after(() => rmSync(runDirectory, { recursive: true }))

type Body = (world: FakeWorld) => Promise<void> | void
type Head = { level?: 'MUST' | 'SHOULD' | 'none'; security?: boolean; control?: string; needs?: string }

/** An IUT that cases can kill and hang. */
class FakeWorld implements World {
  readonly provenance = {}
  readonly claims = []
  readonly mostLanes: number | undefined
  alive = true
  restarts = 0
  /** Cases that were begun and not undone. */
  open = 0
  mostOpen = 0
  #dies: (death: Death) => void = () => {}

  constructor(oneAtATime = false) {
    this.mostLanes = oneAtATime ? 1 : undefined
  }

  unmet = ({ reason, ...requirement }: ReturnType<typeof capability>) =>
    requirement.kind === 'capability' && requirement.name === 'nothing' ? reason : undefined

  async stage() {
    this.mostOpen = Math.max(this.mostOpen, ++this.open)
    const end = async () => {
      await setImmediate()
      this.open--
    }
    return { fixtures: this, end }
  }
  onDeath(listener: (death: Death) => void) {
    this.#dies = listener
  }
  die() {
    this.alive = false
    this.#dies({ at: Date.now(), reason: 'exited with 139' })
  }
  responds = () => Promise.resolve(this.alive)
  async restart() {
    this.restarts++
    this.alive = true
  }
  log = () => Promise.resolve('a line of the log')
  async [Symbol.asyncDispose]() {}
}

const suiteOf = (cases: Record<string, [Body, Head?]>): Suite =>
  defineSuite({ specification: 'RFC 6120', title: 'Core', category: 'Core', role: 'xmpp-server' }, ({ test }) => {
    for (const [name, [body, { level = 'MUST', needs, ...head } = {}]] of Object.entries(cases)) {
      const requires = needs ? [capability(needs)] : []
      const rest = { ...head, ...(head.control ? { control: `rfc6120/1/${head.control}` } : {}) }
      test(`rfc6120/1/${name}`, { section: '1', level, statement: name, requires, ...rest }, async (world) =>
        body(world as unknown as FakeWorld),
      )
    }
  }) as Suite

async function outcomes(
  cases: Record<string, [Body, Head?]>,
  { lanes = 1, only, oneAtATime }: { lanes?: number; only?: string[]; oneAtATime?: boolean } = {},
): Promise<{ of: Record<string, AttemptOutcome>; world: FakeWorld }> {
  const suite = suiteOf(cases)
  const world = new FakeWorld(oneAtATime)
  const chosen = suite.cases.filter(({ id }) => !only || only.includes(id.slice('rfc6120/1/'.length)))
  const job = {
    runDirectory,
    cell: { id: 'fake@1', implementations: [], environment: { runtime: 'embedded' }, cases: [] },
    cases: chosen.map(({ id }) => ({ id, attempts: [1] })),
    lanes,
  } as unknown as Job
  const of: Record<string, AttemptOutcome> = {}
  const runner = new JobRunner(job, world, [suite], (event) => {
    if (event.type !== 'case-finished') return
    const name = event.id.slice('rfc6120/1/'.length)
    assert.equal(of[name], undefined, `${name} is reported once`)
    of[name] = event.outcome
  })
  await runner.run()
  return { of, world }
}

test('what the body throws decides the verdict, with the level of the statement', async () => {
  const broken = () => expect.fail('one thing', 'another')
  const { of } = await outcomes({
    holds: [() => {}],
    must: [broken],
    should: [broken, { level: 'SHOULD' }],
    sense: [broken, { level: 'none' }],
    danger: [broken, { level: 'none', security: true }],
    silence: [() => Promise.reject(new NothingCame('an answer', 'nothing within 5 ms'))],
    unreached: [() => Promise.reject(new Inconclusive('could not log in'))],
    ours: [() => Promise.reject(new TypeError('undefined is not a function'))],
    lacking: [() => {}, { needs: 'nothing' }],
  })
  const verdicts = Object.fromEntries(Object.entries(of).map(([name, { verdict }]) => [name, verdict]))
  assert.deepEqual(verdicts, {
    holds: 'pass',
    must: 'fail',
    should: 'warn',
    sense: 'warn',
    danger: 'fail',
    silence: 'fail',
    unreached: 'inconclusive',
    ours: 'error',
    lacking: 'unsupported',
  })
  assert.deepEqual(of.must?.difference, { expected: 'one thing', actual: 'another' })
})

test('a case keeps its evidence, with the log of the implementation', async () => {
  const { of } = await outcomes({ holds: [() => {}] })
  assert.deepEqual(of.holds?.files, ['iut.log', 'transcript.ndjson'])
  assert.equal(readFileSync(path.join(runDirectory, of.holds?.evidence ?? '', 'iut.log'), 'utf8'), 'a line of the log')
})

test('an implementation that dies fails the case that ran, and is started again for the rest', async () => {
  const { of, world } = await outcomes({ kills: [(it) => it.die()], next: [() => {}] })
  assert.equal(of.kills?.verdict, 'fail')
  assert.equal(of.kills?.how, 'dies')
  assert.match(of.kills?.message ?? '', /died while this case ran: exited with 139/)
  assert.equal(of.next?.verdict, 'pass')
  assert.equal(world.restarts, 1)
})

test('of several cases that ran when it died, each runs again alone, and only the guilty one fails', async () => {
  const together = Promise.withResolvers<void>()
  let first = true
  const { of, world } = await outcomes(
    {
      bystander: [() => (first ? together.promise : undefined)],
      kills: [
        (it) => {
          it.die()
          first = false
          together.resolve()
        },
      ],
    },
    { lanes: 2 },
  )
  assert.equal(of.bystander?.verdict, 'pass')
  assert.equal(of.kills?.how, 'dies')
  assert.equal(world.restarts, 2)
})

test('an implementation that no longer answers anybody hangs', async () => {
  const { of, world } = await outcomes({
    hangs: [
      (it) => {
        it.alive = false
        throw new NothingCame('an answer', 'nothing within 5 ms')
      },
    ],
    next: [() => {}],
  })
  assert.equal(of.hangs?.how, 'hangs')
  assert.equal(of.next?.verdict, 'pass')
  assert.equal(world.restarts, 1)
})

test('a case whose control does not pass is inconclusive, also where the control was not asked for', async () => {
  const cases: Record<string, [Body, Head?]> = {
    hostile: [() => expect.fail('refusal', 'belief'), { control: 'right' }],
    right: [() => expect.fail('a login', 'none')],
  }
  const { of } = await outcomes(cases)
  assert.equal(of.hostile?.verdict, 'inconclusive')
  assert.match(of.hostile?.message ?? '', /its control rfc6120\/1\/right came to fail/)
  const alone = await outcomes(cases, { only: ['hostile'] })
  assert.equal(alone.of.hostile?.verdict, 'inconclusive')
  assert.deepEqual(Object.keys(alone.of), ['hostile'])
})

test('a case whose control cannot be asked cannot be asked either, and says why', async () => {
  const { of } = await outcomes({
    hostile: [() => expect.fail('refusal', 'belief'), { control: 'right' }],
    right: [() => {}, { needs: 'nothing' }],
  })
  assert.equal(of.hostile?.verdict, 'unsupported')
  assert.equal(of.hostile?.message, of.right?.message)
})

test('a hostile case counts where its control passes', async () => {
  const { of } = await outcomes({
    hostile: [() => expect.fail('refusal', 'belief', 'believed'), { control: 'right' }],
    right: [() => {}],
  })
  assert.equal(of.hostile?.verdict, 'fail')
  assert.equal(of.hostile?.how, 'believed')
})

test('where cases share accounts, each begins when the one before it has been undone', async () => {
  const cases = { one: [() => {}], other: [() => {}], controlled: [() => {}, { control: 'one' }] } satisfies Parameters<
    typeof outcomes
  >[0]
  const { of, world } = await outcomes(cases, { lanes: 4, oneAtATime: true })
  assert.equal(Object.keys(of).length, 3)
  assert.equal(world.mostOpen, 1)
  assert.equal(world.open, 0)
})
