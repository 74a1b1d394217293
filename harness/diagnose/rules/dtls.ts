import type { Breach, Rule, Scene } from '../finding.ts'
import type { IceAgent, IceSession } from '../model/ice-session.ts'
import { duration, mostPackets } from './packets.ts'

/** After nomination, microseconds. */
const patience = 5e6

const hellosOf = ({ dtls }: IceSession, agent: IceAgent, type: 1 | 2) =>
  dtls.filter(({ from, message }) => from === agent && message.body.handshake?.some((one) => one.type === type))

export const dtlsByBoth: Rule = {
  id: 'dtls-started-by-both',
  specification: 'RFC 8842',
  section: '5.3',
  level: 'MUST',
  title: 'one side starts DTLS, as the setup attributes say',
  explanation:
    'Of the two sides one is active and starts the DTLS handshake, and the other waits for it. Here both started one, so each waits as a client for a server that is not there.',
  *check({ session }: Scene): Iterable<Breach> {
    const { a, b } = session
    const own = hellosOf(session, a, 1)
    const other = hellosOf(session, b, 1)
    if (own.length === 0 || other.length === 0) return
    const passive = [a, b].find(({ description }) => description?.setup === 'passive')
    const answers = [a, b].find((agent) => hellosOf(session, agent, 2).length > 0)
    yield {
      blame: passive ?? answers ?? 'both agents',
      packets: [...own.slice(0, 3), ...other.slice(0, 3)].map(({ message }) => message),
      detail: `Both sides send ClientHello${passive ? `, and ${passive.name} had said passive` : ''}.`,
    }
  },
}

export const dtlsByNeither: Rule = {
  id: 'dtls-started-by-neither',
  specification: 'RFC 8842',
  section: '5.3',
  level: 'MUST',
  title: 'the active side starts DTLS when a pair is there',
  explanation:
    'Both sides signalled a certificate fingerprint, so one of them has to start the DTLS handshake on the chosen pair. Here nobody did, and no key for media is ever agreed.',
  *check({ session, captureEndsAt }) {
    const { a, b } = session
    const nominated = session.nominations[0]
    const asked = [a, b].every(({ description }) => description?.wantsDtls)
    if (!nominated || !asked || session.dtls.length > 0 || captureEndsAt - nominated.at < patience) return
    if (session.pairs.some(({ data }) => data.some(({ kind }) => kind === 'dtls-data'))) return
    const active = [a, b].find(({ description }) => description?.setup === 'active')
    yield {
      blame: active ?? 'both agents',
      packets: [...nominated.check.requests.slice(0, 1), ...nominated.check.answers.slice(0, 1)],
      detail: `No ClientHello in the ${duration(captureEndsAt - nominated.at)} after the nomination${active ? `, and ${active.name} had said active` : ''}.`,
    }
  },
}

export const dtlsUnanswered: Rule = {
  id: 'dtls-not-answered',
  specification: 'RFC 6347',
  section: '4.2.4',
  level: 'MUST',
  title: 'a ClientHello is answered',
  explanation:
    'When one side starts DTLS, the other answers as its server. Here the ClientHello is repeated and nothing comes back, although ICE found a pair that works.',
  *check({ session }) {
    if (session.nominations.length === 0) return
    for (const agent of [session.a, session.b]) {
      const peer = agent === session.a ? session.b : session.a
      const hellos = hellosOf(session, agent, 1)
      const first = hellos[0]
      const last = hellos.at(-1)
      if (!first || !last || hellos.length < 3 || last.message.at - first.message.at < 2e6) continue
      if (session.dtls.some(({ from }) => from === peer)) continue
      yield {
        blame: peer,
        packets: hellos.slice(0, mostPackets).map(({ message }) => message),
        detail: `${agent.name} sends ClientHello ${hellos.length} times over ${duration(last.message.at - first.message.at)}, and ${peer.name} sends no DTLS at all.`,
      }
    }
  },
}
