import type { Cell, Target } from '../plan/plan.ts'
import type { Attempt, Behaviour, CellStages, Verdict } from '../record/results-schema.ts'

/** What a child process is asked to do: cases of one cell. Plain data: it crosses a process boundary. */
export interface Job {
  runId: string
  /** Absolute path of the run directory; evidence goes to `evidence/<cell>/<case>/` in it. */
  runDirectory: string
  cell: Cell
  /** What is left to run. A case with attempts [2, 3] ran once already (`--repeat`, `--resume`). */
  cases: { id: string; attempts: number[] }[]
  /** How many cases run at the same time in this job. */
  lanes: number
  seed: string
  target?: Target
  /** Command of the user's own client (`--client`). */
  client?: string
}

/** One attempt at a case, as the child saw it. */
export interface AttemptOutcome extends Attempt {
  verdict: Verdict
  how?: Behaviour
  message?: string
  difference?: { expected: string; actual: string }
  /** Folder of the evidence relative to the run directory, and the files in it. */
  evidence?: string
  files?: string[]
}

/** What the child tells while it works, in order. Every message is small. */
export type JobEvent =
  /** What is going on in the lab, for the progress display: `building the image`, `starting`, `ready`. */
  | { type: 'lab'; text: string }
  | { type: 'provenance'; provenance: Record<string, string> }
  | { type: 'claims'; claims: string[] }
  /** How the columns of the cell went in one attempt at a case. */
  | { type: 'stages'; id: string; attempt: number; stages: CellStages }
  | { type: 'case-started'; id: string; attempt: number }
  | { type: 'case-finished'; id: string; attempt: number; outcome: AttemptOutcome }
  /** The cell cannot be worked (image, engine, start): its remaining cases are `error`. */
  | { type: 'cell-error'; message: string; log?: string }
  /** Evidence cannot be written any more: the run must stop, and can be resumed when there is room. */
  | { type: 'disk-full'; message: string }
  | { type: 'done' }

/** What the parent tells the child. */
export type JobCommand = { type: 'start'; job: Job } | { type: 'stop' }
