import type { Death } from '../lab/lab.ts'
import type { Behaviour, CellStages } from '../record/results-schema.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Requirement } from '../suite/requirements.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import type { CaptureSplitter } from '../wire/capture-splitter.ts'

/** What one attempt at a case works in; ended whatever happened. */
export interface Stage {
  /** What the body of the case gets. */
  readonly fixtures: unknown
  /** The capture that this attempt's flows are cut from; undefined where there is none. */
  readonly capture?: CaptureSplitter
  /** How the IUT behaved, where the case saw it; also of one that passes. */
  readonly how?: Behaviour
  /** How each column of the cell went, where the case runs through such; asked for when its body has ended. */
  readonly stages?: CellStages | undefined
  /** Why nothing of what the case came to is the IUT's doing: its lab was taken from under it. Asked for before `end`. */
  fault?(): Promise<string | undefined>
  /** Undoes what the case did and closes its connections. Never throws. */
  end(): Promise<void>
  /** Files of evidence beside the usual ones, name → content, text or bytes; asked for after `end`. */
  evidence?(): Promise<Record<string, string | Uint8Array>>
}

/** The lab of a cell together with our side of it, as the runner of cases sees it, whatever the role. */
export interface World extends AsyncDisposable {
  readonly provenance: Record<string, string>
  /** What the IUT says it supports. */
  readonly claims: string[]
  /** Cases at a time, at most. Where it is 1, cases share accounts: each begins when the one before it is undone. */
  readonly mostLanes?: number
  /** Why a case cannot be asked of this IUT; undefined where it can. */
  unmet(requirement: Requirement): string | undefined
  stage(test: Case, recorder: CaseRecorder): Promise<Stage>
  /** The IUT's own log between two epoch milliseconds, where the IUT outlives a case. */
  log?(from: number, to: number): Promise<string>
  /** Called when an IUT that all cases share dies. */
  onDeath?(listener: (death: Death) => void): void
  /** Whether an IUT that all cases share still answers; asked when a case got no answer. */
  responds?(): Promise<boolean>
  /** Brings it back after a death or a hang. */
  restart?(): Promise<void>
}
