import type { Rule } from '../finding.ts'
import * as answers from './answers.ts'
import * as checkList from './check-list.ts'
import * as consent from './consent.ts'
import * as credentials from './credentials.ts'
import * as data from './data.ts'
import * as dtls from './dtls.ts'
import * as format from './format.ts'
import * as nomination from './nomination.ts'
import * as pacing from './pacing.ts'
import * as restart from './restart.ts'
import * as roles from './roles.ts'
import * as signalling from './signalling.ts'
import * as triggered from './triggered.ts'
import type { TurnRule } from './turn.ts'
import * as turn from './turn.ts'

const isRule = <R extends { id: string }>(one: unknown): one is R =>
  typeof one === 'object' && one !== null && 'id' in one

/** Rules about a session of ICE, in the order in which a session goes. */
export const sessionRules: readonly Rule[] = [
  credentials,
  answers,
  roles,
  triggered,
  checkList,
  pacing,
  nomination,
  data,
  consent,
  restart,
  signalling,
  dtls,
  format,
].flatMap((module) => Object.values(module).filter((one) => isRule<Rule>(one)))

/** Rules about an allocation at a TURN server. */
export const turnRules: readonly TurnRule[] = Object.values(turn).filter((one) => isRule<TurnRule>(one))

/** Every rule, as `assay list rules` tells them. */
export const rules: readonly Omit<Rule, 'check'>[] = [...sessionRules, ...turnRules]
