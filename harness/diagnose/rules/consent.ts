import type { Breach, Rule, Scene } from '../finding.ts'
import type { CandidatePair, Check, IceAgent, IceSession, PairData } from '../model/ice-session.ts'
import { duration, wayOf } from './packets.ts'

/** RFC 7675 §5.1, and what clocks and packets under way are off; microseconds. */
const consentLasts = 30e6 + 1.5e6

interface Sent {
  agent: IceAgent
  pair: CandidatePair
  data: PairData
}

function* sentData({ pairs }: IceSession): Iterable<Sent> {
  for (const pair of pairs) {
    for (const data of pair.data) if (data.kind !== 'rtcp') yield { agent: data.from, pair, data }
  }
}

/** When an agent had its checks of a pair answered, epoch microseconds. */
const consentsOf = ({ checks }: CandidatePair, agent: IceAgent): { at: number; check: Check }[] =>
  checks.flatMap((check) => (check.from === agent && check.success ? [{ at: check.success.at, check }] : []))

export const consentExpired: Rule = {
  id: 'consent-expired',
  specification: 'RFC 7675',
  section: '5.1',
  level: 'MUST',
  title: 'data ends 30 s after the last answered check',
  explanation:
    'Whoever sends data keeps asking whether it is still wanted, and stops when no answer came for 30 seconds. Here the answers ended and the data went on, to somebody who may be long gone.',
  *check({ session }: Scene): Iterable<Breach> {
    for (const { agent, pair, data } of sentData(session)) {
      const consents = consentsOf(pair, agent)
      const asked = pair.checks.filter(({ from }) => from === agent)
      for (const [index, { at, check }] of consents.entries()) {
        const until = Math.min(consents[index + 1]?.at ?? Number.POSITIVE_INFINITY)
        // Only where it asked on and was not answered, or had asked before; who never asks again has a rule of its own.
        if (until === Number.POSITIVE_INFINITY && !asksAgain(asked)) break
        const late = data.bursts.find(
          (burst) => burst.from < until && Math.min(burst.to, until) > at + consentLasts && burst.to > at,
        )
        if (!late) continue
        yield {
          blame: agent,
          packets: [...check.answers.slice(0, 1), { capture: session.capture, packet: late.lastPacket }],
          detail: `${agent.name} sends ${data.kind} on ${wayOf(session, pair, agent)} until ${duration(Math.min(late.to, until) - at)} after the last answer to a check.`,
        }
        break
      }
    }
  },
}

/** Whether an agent checked a pair on after its beginning. */
function asksAgain(asked: Check[]): boolean {
  const first = asked.find(({ success }) => success)
  return first !== undefined && asked.some(({ at }) => at > first.at + 3e6)
}

export const consentNeverAsked: Rule = {
  id: 'consent-never-asked',
  specification: 'RFC 7675',
  section: '5.1',
  level: 'MUST',
  title: 'who sends data keeps asking for consent',
  explanation:
    'Whoever sends data repeats a check every five seconds or so, and the answers are the leave to go on. Here data flows for longer than 30 seconds and no check was sent after the beginning.',
  *check({ session }) {
    for (const { agent, pair, data } of sentData(session)) {
      const asked = pair.checks.filter(({ from }) => from === agent)
      const last = consentsOf(pair, agent).at(-1)
      if (agent.lite || !last || asksAgain(asked)) continue
      const late = data.bursts.find(({ to }) => to > last.at + consentLasts)
      if (!late) continue
      yield {
        blame: agent,
        packets: [...last.check.answers.slice(0, 1), { capture: session.capture, packet: late.lastPacket }],
        detail: `${agent.name} sends ${data.kind} on ${wayOf(session, pair, agent)} for ${duration(late.to - last.at)} after its last check.`,
        // Who speaks DTLS is of WebRTC's kind, which must; others may be older than the rule.
        level: session.dtls.length > 0 ? 'MUST' : 'SHOULD',
      }
    }
  },
}
