import type { Breach, Rule, Scene } from '../finding.ts'
import { type IceAgent, peerOf } from '../model/ice-session.ts'

export const restartWithoutCredentials: Rule = {
  id: 'restart-without-new-credentials',
  specification: 'RFC 8445',
  section: '9',
  level: 'MUST',
  title: 'an ICE restart brings new credentials on both sides',
  explanation:
    'When ICE is restarted, each side takes a new user name fragment and a new password, by which checks of the old and the new session are told apart. Here one side began anew and the other kept what it had.',
  *check({ session, earlier }: Scene): Iterable<Breach> {
    const before = earlier.findLast(({ nominations }) => nominations.length > 0)
    if (!before || session.startedAt < (before.nominations[0]?.at ?? 0)) return
    const packets = [before.checks[0], session.checks[0]].flatMap((check) => check?.requests.slice(0, 1) ?? [])
    for (const agent of [session.a, session.b]) {
      const old = [before.a, before.b].find(({ ufrag }) => ufrag === agent.ufrag)
      const kept = old !== undefined
      const changed = ![before.a, before.b].some(({ ufrag }) => ufrag === peerOf(session, agent).ufrag)
      if (kept && changed) {
        yield {
          blame: agent,
          packets,
          detail: `${agent.name} keeps ${agent.ufrag} while its peer goes from ${peerOf(before, old).ufrag} to ${peerOf(session, agent).ufrag}.`,
        }
      }
    }
    for (const agent of [session.a, session.b]) {
      const old = [before.a, before.b].find(({ endpoints }) => sharesEndpoint(endpoints, agent))
      const password = agent.description?.password
      if (!old || old.ufrag === agent.ufrag || password === undefined || old.description?.password !== password)
        continue
      yield { blame: agent, packets, detail: `${agent.name} takes a new username fragment and keeps its password.` }
    }
  },
}

const sharesEndpoint = (endpoints: Map<string, unknown>, agent: IceAgent): boolean =>
  [...agent.endpoints.keys()].some((key) => endpoints.has(key))
