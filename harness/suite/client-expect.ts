import type { Element } from '@xmpp/xml'
import type { Behaviour } from '../record/results-schema.ts'
import type { ScriptedServer } from '../tester/xmpp-server/scripted-server.ts'
import type { Canary, LoginOutcome } from './client-fixtures.ts'
import { type Expect, expect } from './expect.ts'
import { ExpectationError } from './verdict-errors.ts'

/** What cases about clients demand, beside what all cases can. Each also says how the client behaved. */
export interface ClientExpect extends Omit<Expect, 'ok'> {
  /** The general form. `expected` completes "expected …", `actual` completes "got …". */
  ok(condition: unknown, expected: string, actual: string | Element, how?: Behaviour): void
  /** It did not go on: no session, and it is still there. */
  refusal(outcome: LoginOutcome, because: string): void
  /** It refused as above, and told its user. */
  toldRefusal(outcome: LoginOutcome, because: string): void
  /** It logged in. */
  online(outcome: LoginOutcome, although: string): void
  /** Whether it logged in or not, it neither died of it nor hangs. */
  survived(outcome: LoginOutcome, what: string): void
  /** It still works. */
  alive(canary: Canary, after: string): void
  /** It closed the stream or the connection, and did not die of it. */
  closed(canary: Canary, after: string): void
  /** It closed, or went on as if nothing had come; it neither died nor hangs. */
  unharmed(canary: Canary, after: string): void
  /** It gave no password away in clear, and none at all where `even` is `encrypted`. */
  noSecret(server: ScriptedServer, which: 'in clear' | 'password' | 'any'): void
}

const words: Record<LoginOutcome['kind'] | Canary['kind'], string> = {
  online: 'it went online',
  refused: 'it gave up',
  silent: 'it says nothing',
  hangs: 'it hangs: its process does not answer any more',
  dies: 'its process died',
  alive: 'it went on',
  closed: 'it closed the stream',
  open: 'it keeps the stream open',
  deaf: 'it takes no stanza any more, and keeps the connection',
}

const tell = ({ kind, said }: { kind: keyof typeof words; said: string }) => words[kind] + (said ? ` (${said})` : '')

const harmed = (kind: string): Behaviour | undefined => (kind === 'hangs' || kind === 'dies' ? kind : undefined)

/** Makes the expectations of one case; `behaved` is told how the client behaved where an expectation is met. */
export function clientExpect(behaved: (how: Behaviour) => void): ClientExpect {
  const refuse = (outcome: LoginOutcome, because: string) => {
    const { kind } = outcome
    if (kind === 'online') throw new ExpectationError(`that it gives up: ${because}`, tell(outcome), 'believed')
    if (harmed(kind)) throw new ExpectationError(`that it gives up: ${because}`, tell(outcome), harmed(kind))
    behaved(kind === 'refused' ? 'refused' : 'silent')
  }
  return {
    ...expect,
    refusal: refuse,
    toldRefusal(outcome, because) {
      refuse(outcome, because)
      if (outcome.kind === 'silent') {
        throw new ExpectationError(`that it tells its user: ${because}`, tell(outcome), 'silent')
      }
    },
    online(outcome, although) {
      if (outcome.kind !== 'online') {
        const how = harmed(outcome.kind) ?? (outcome.kind === 'silent' ? 'silent' : 'refused')
        throw new ExpectationError(`that it logs in, ${although}`, tell(outcome), how)
      }
    },
    survived(outcome, what) {
      const how = harmed(outcome.kind)
      if (how) throw new ExpectationError(`that it lives with ${what}`, tell(outcome), how)
      if (outcome.kind === 'online') behaved('ignored')
      else behaved(outcome.kind === 'refused' ? 'refused' : 'silent')
    },
    alive(canary, after) {
      if (canary.kind === 'alive') return
      const how = harmed(canary.kind) ?? (canary.kind === 'closed' ? 'refused' : 'hangs')
      throw new ExpectationError(`that it goes on after ${after}`, tell(canary), how)
    },
    closed(canary, after) {
      if (canary.kind === 'closed') return behaved('refused')
      const how = harmed(canary.kind) ?? (canary.kind === 'deaf' ? 'hangs' : 'ignored')
      throw new ExpectationError(`that it closes the stream after ${after}`, tell(canary), how)
    },
    unharmed(canary, after) {
      if (canary.kind === 'alive' || canary.kind === 'open') return behaved('ignored')
      if (canary.kind === 'closed') return behaved('refused')
      const how = harmed(canary.kind) ?? 'hangs'
      throw new ExpectationError(`that it goes on or closes the stream after ${after}`, tell(canary), how)
    },
    noSecret(server, which) {
      const given = server.secrets.find(({ kind, encrypted }) => {
        if (which === 'any') return true
        return which === 'password' ? kind === 'password' : kind === 'password' && !encrypted
      })
      if (!given) return
      const what = given.kind === 'password' ? 'the password' : `a ${given.mechanism} proof`
      throw new ExpectationError(
        `that it keeps ${which === 'in clear' ? 'the password from a connection in clear' : 'its secrets'}`,
        `it sent ${what} ${given.encrypted ? 'inside TLS' : 'in clear'}`,
        'weaker',
      )
    },
  }
}
