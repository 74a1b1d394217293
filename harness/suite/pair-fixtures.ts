import type { Verdict } from '../record/results-schema.ts'

/** How one stage of a connection went: gathering, checks, nomination, DTLS, data each way, consent. */
export interface PairStageResult {
  verdict: Verdict
  /** Whose doing it is. */
  blame?: 'controlling' | 'controlled'
  reason?: string
}

/** What a case about two agents gets. */
export interface PairFixtures {
  /**
   * Hands each agent the other's description, lets them exchange messages both ways, and waits until each has asked for
   * consent again. Resolves with how every stage went; never throws for what the agents do.
   */
  connect(how: { trickle: boolean }): Promise<Record<string, PairStageResult>>
}
