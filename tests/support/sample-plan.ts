import type { JournalEntry } from '../../harness/record/journal.ts'
import type { PlanFile } from '../../harness/record/plan-file.ts'
import type { Verdict } from '../../harness/record/results-schema.ts'

/** A plan of one cell, for tests. */
export function samplePlan(cases: string[], more: Partial<PlanFile> = {}): PlanFile {
  return {
    schema: 'assay/plan/1',
    seed: 's',
    repeat: 1,
    jobs: 1,
    cells: [
      {
        id: 'boat@1.0',
        implementations: [{ id: 'boat', name: 'Boat', version: '1.0', family: 'boats', role: 'xmpp-server' }],
        environment: { runtime: 'docker' },
        cases,
      },
    ],
    unavailable: {},
    specifications: [{ id: 'XEP-0001', title: 'T', version: '1', category: 'IM' }],
    catalogue: cases.map((id) => ({
      id,
      suite: 's',
      specification: 'XEP-0001',
      version: '1',
      section: '1',
      url: '',
      level: 'MUST' as const,
      statement: id,
      role: 'xmpp-server',
      ...(id.includes('hostile') ? { control: 'control' } : {}),
    })),
    ...more,
  }
}

/** Provenance, for tests. */
export const sampleProvenance = {
  id: 'r',
  startedAt: '2026-01-01T00:00:00.000Z',
  assay: '0',
  commandLine: ['assay', 'run'],
  seed: 's',
  node: 'v24',
  kernel: 'k',
  platform: 'p',
  cores: 2,
  jobs: 1,
  repeat: 1,
}

/** A journal's line for an attempt that came to a verdict. */
export const sampleFinish = (id: string, verdict: Verdict, attempt = 1, message?: string): JournalEntry => ({
  at: 100 + attempt,
  cell: 'boat@1.0',
  type: 'case-finished',
  id,
  attempt,
  outcome: { verdict, durationMs: 5, startedAt: 95, ...(message ? { message } : {}) },
})
