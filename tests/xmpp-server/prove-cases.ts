import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Role } from '../../harness/lab/implementation.ts'
import { readManifests } from '../../harness/plan/registry.ts'
import type { Verdict } from '../../harness/record/results-schema.ts'
import { createWorld } from '../../harness/run/create-world.ts'
import type { Job } from '../../harness/run/job.ts'
import { compileCase, runCompiled } from '../../harness/run/mocha-case.ts'
import { ServerWorld } from '../../harness/run/server-world.ts'
import { judge } from '../../harness/run/verdict.ts'
import type { Case, Suite } from '../../harness/suite/define-suite.ts'
import { setDefaultWait } from '../../harness/tester/inbox.ts'
import { type Mistake, mistakes } from '../../harness/tester/mistakes.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'

/** What is known of one case after it met the server as it is, and with mistakes. */
export interface Proof {
  id: string
  /** The verdict on the server as it is. */
  verdict: Verdict
  /** The first mistake that the case noticed; undefined where it passed in spite of each. */
  noticed?: string
}

export interface ProofOptions {
  /** Cases at the same time. */
  lanes?: number
  tell?: (proof: Proof) => void
}

/** Silence is what most mistakes look like: waits need not be long. */
const waitMs = 700

/**
 * Shows of each case whether it can fail: runs it against a real server, and, where it passes, again with one mistake
 * after another put into what that server sends, until it notices one.
 */
export async function proveCases(
  implementation: string,
  suites: Suite[],
  { lanes = 6, tell = () => {} }: ProofOptions = {},
): Promise<Proof[]> {
  const runDirectory = await mkdtemp(path.join(tmpdir(), 'assay-prove-'))
  const world = await createWorld(await jobFor(implementation, runDirectory), () => {})
  if (!(world instanceof ServerWorld)) throw new Error('proofs are for servers')
  setDefaultWait(waitMs)
  const queue = suites.flatMap((suite) => suite.cases.map((test) => ({ suite, test: test as Case })))
  const proofs: Proof[] = []

  const attempt = async (suite: Suite, test: Case, mistake?: Mistake): Promise<Verdict> => {
    const stage = await world.stage(test, new CaseRecorder(), mistake)
    try {
      const thrown = await runCompiled(compileCase(test, suite.specification, () => test.body(stage.fixtures as never)))
      return judge({ ...test, level: 'MUST' }, thrown).verdict
    } finally {
      await stage.end()
    }
  }
  const prove = async ({ suite, test }: { suite: Suite; test: Case }): Promise<Proof> => {
    const requires = [...(suite.requires ?? []), ...(test.requires ?? [])]
    if (requires.some((requirement) => world.unmet(requirement))) return { id: test.id, verdict: 'unsupported' }
    const verdict = await attempt(suite, test)
    if (verdict !== 'pass') return { id: test.id, verdict }
    for (const mistake of mistakes) {
      if ((await attempt(suite, test, mistake)) !== 'fail') continue
      return { id: test.id, verdict, noticed: mistake.id }
    }
    return { id: test.id, verdict }
  }
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const proof = await prove(next)
      proofs.push(proof)
      tell(proof)
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, lane))
  } finally {
    setDefaultWait(5_000)
    await world[Symbol.asyncDispose]()
    rmSync(runDirectory, { recursive: true, force: true })
  }
  return proofs
}

async function jobFor(implementation: string, runDirectory: string): Promise<Job> {
  const [id, version] = implementation.split('@') as [string, string]
  const manifest = (await readManifests()).find((known) => known.id === id)
  if (!manifest) throw new Error(`drivers/ has no ${id}`)
  const { name, family } = manifest
  const role: Role = 'xmpp-server'
  return {
    runId: `prove-${process.pid}`,
    runDirectory,
    cell: {
      id: implementation,
      implementations: [{ id, name, version, family, role }],
      environment: { runtime: 'docker' },
      cases: [],
    },
    cases: [],
    lanes: 1,
    seed: 'prove',
  }
}
