import type { Breach, Rule, Scene } from '../finding.ts'
import type { CandidatePair, IceSession, PairData } from '../model/ice-session.ts'
import { peerOf } from '../model/ice-session.ts'
import { count, duration, wayOf } from './packets.ts'

/** What is under way when a pair is selected may still go the old way, microseconds. */
const grace = 1e6

/** Packets that a probe or a late retransmission may account for. */
const fewPackets = 5

const packetsOf = ({ capture }: IceSession, burst: PairData['bursts'][number]) => [
  { capture, packet: burst.firstPacket },
  { capture, packet: burst.lastPacket },
]

const isChecked = ({ checks }: CandidatePair): boolean => checks.length > 0

export const dataOffSelectedPair: Rule = {
  id: 'data-off-selected-pair',
  specification: 'RFC 8445',
  section: '12.1',
  level: 'MUST',
  title: 'data goes on the selected pair',
  explanation:
    'Once a pair is nominated and both sides have it, data has to travel on that pair and no other. Here one side sends on a pair that nobody nominated, so its peer may drop the packets or answer on a path that leads nowhere.',
  *check({ session }: Scene): Iterable<Breach> {
    for (const pair of session.pairs) {
      const selected = session.nominations.filter((one) => one.pair.component === pair.component)
      const first = selected.find(({ by }) => by === 'USE-CANDIDATE')
      if (!first || selected.some((one) => one.pair === pair)) continue
      const from = Math.min(...selected.map(({ at, confirmedAt }) => confirmedAt ?? at)) + grace
      for (const data of pair.data) {
        // RTCP on addresses that were never checked is another component's, as it was before ICE.
        if (data.kind === 'rtcp' && !isChecked(pair)) continue
        const late = data.bursts.filter((burst) => burst.to > from && burst.packets > fewPackets)
        if (late[0] === undefined) continue
        yield {
          blame: data.from,
          packets: [...first.check.requests.slice(0, 1), ...late.flatMap((burst) => packetsOf(session, burst))],
          detail: `${data.from.name} sends ${data.kind} on ${wayOf(session, pair, data.from)}, while ${wayOf(session, first.pair, data.from)} was nominated ${duration((late.at(-1) as PairData['bursts'][number]).to - first.at)} before its last packet.`,
        }
      }
    }
  },
}

export const dataOnUnvalidatedPair: Rule = {
  id: 'data-on-unvalidated-pair',
  specification: 'RFC 8445',
  section: '12.1',
  level: 'MUST',
  title: 'data goes on valid pairs only',
  explanation:
    'Before a pair is selected, data may be sent on any pair whose check was answered. Here data is sent to an address that never answered a check, which ICE forbids because nobody there has agreed to receive it.',
  *check({ session }) {
    if (session.nominations.length > 0) return
    for (const pair of session.pairs) {
      if (pair.checks.some(({ success }) => success)) continue
      for (const data of pair.data) {
        const burst = data.bursts[0]
        if (!burst || data.packets <= fewPackets || data.kind === 'rtcp') continue
        yield {
          blame: data.from,
          packets: packetsOf(session, burst),
          detail: `${data.from.name} sends ${count(data.packets, `packet`)} of ${data.kind} on ${wayOf(session, pair, data.from)}, where no check was ever answered.`,
        }
      }
    }
  },
}

export const mediaOneWay: Rule = {
  id: 'media-one-way',
  specification: 'RFC 3264',
  section: '5.1',
  level: 'none',
  title: 'media flows both ways unless a direction was agreed',
  explanation:
    'A media stream goes both ways unless the descriptions say otherwise. Here only one side sends RTP, which a person notices as a call in which one party hears nothing.',
  *check({ session }) {
    const sent = (agent: IceSession['a']) =>
      session.pairs.flatMap(({ data }) => data.filter(({ from, kind }) => from === agent && kind === 'rtp'))
    for (const agent of [session.a, session.b]) {
      const peer = peerOf(session, agent)
      const heard = sent(agent).flatMap(({ bursts }) => bursts)
      const first = heard[0]
      const last = heard.at(-1)
      if (!first || !last || last.to - first.from < 2e6 || sent(peer).length > 0) continue
      const agreed = [peer.description?.direction ?? 'sendrecv', agent.description?.direction ?? 'sendrecv']
      if (['recvonly', 'inactive'].includes(agreed[0] as string) || agreed[1] === 'sendonly') continue
      yield {
        blame: peer,
        packets: packetsOf(session, first),
        detail: `${agent.name} sends RTP for ${duration(last.to - first.from)}; of ${peer.name} there is not one RTP packet.`,
      }
    }
  },
}
