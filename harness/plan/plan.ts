import type { Role, RuntimeName } from '../lab/implementation.ts'

/** An implementation that was chosen for a run, in one variant and one role. */
export interface ChosenImplementation {
  id: string
  name: string
  version: string
  family: string
  role: Role
  homepage?: string
}

/** Suites × a tuple of implementations × an environment: what one square of a matrix shows. */
export interface Cell {
  /** Fit for a folder's name: `prosody@13.0.7`, `stanza@12.22.1+websocket`. */
  id: string
  implementations: ChosenImplementation[]
  environment: { runtime: RuntimeName } & Record<string, string>
  /** Ids of the cases that the selection asks of it. */
  cases: string[]
}

/** A server that runs elsewhere, given by `--target` and `--account`. */
export interface Target {
  /** `xmpp://domain[:port]` or `xmpps://domain[:port]`. */
  uri: string
  accounts: { jid: string; password: string }[]
}
