import { isIP } from 'node:net'
import { mappedAddressOf } from '../../wire/stun/stun-values.ts'
import type { Breach, Rule, Scene } from '../finding.ts'
import { endpointText } from '../model/endpoints.ts'
import { checksOf, type IceSession, peerOf } from '../model/ice-session.ts'
import { mostPackets } from './packets.ts'

/** Addresses from which something came to an agent: it may check them without being told (RFC 8445 §7.3.1.3). */
const heardFrom = ({ checks }: IceSession, agent: IceSession['a']) =>
  checks.flatMap(({ to, source, at }) => (to === agent ? [{ key: endpointText(source), at }] : []))

export const candidateNeverSignalled: Rule = {
  id: 'candidate-never-signalled',
  specification: 'RFC 8445',
  section: '6.1.2.2',
  level: 'MUST',
  title: 'checks go to candidates that the peer signalled or was heard from',
  explanation:
    'An agent checks the addresses that its peer signalled, and those from which a check of the peer came. Here it checks another one, which nobody asked for and which may belong to a stranger.',
  *check({ session }: Scene): Iterable<Breach> {
    for (const agent of [session.a, session.b]) {
      const { description } = peerOf(session, agent)
      // A name in place of an address could be any address.
      if (!description || description.candidates.some(({ endpoint }) => isIP(endpoint.address) === 0)) continue
      if (description.candidates.length === 0) continue
      const signalled = new Set(description.candidates.map(({ endpoint }) => endpointText(endpoint)))
      // Where none of the peer's addresses is among them, somebody between the two rewrites what is signalled.
      if (![...peerOf(session, agent).endpoints.keys()].some((key) => signalled.has(key))) continue
      const heard = heardFrom(session, agent)
      const wrong = checksOf(session, agent).filter(({ destination, at }) => {
        const key = endpointText(destination)
        return !signalled.has(key) && !heard.some((one) => one.key === key && one.at <= at)
      })
      if (!wrong[0]) continue
      yield {
        blame: agent,
        packets: wrong.slice(0, mostPackets).flatMap(({ requests }) => requests.slice(0, 1)),
        detail: `${agent.name} checks ${[...new Set(wrong.map((one) => endpointText(one.destination)))].slice(0, 4).join(', ')}, which its peer never signalled.`,
        level: description.trickled ? 'none' : 'MUST',
      }
    }
  },
}

export const hostCandidateWithheld: Rule = {
  id: 'host-candidate-withheld',
  specification: 'RFC 8445',
  section: '5.3',
  level: 'none',
  title: 'the address that is used was signalled',
  explanation:
    'An agent tells its peer the addresses at which it can be reached. Here the pair that was chosen begins at an address that its owner never signalled, so it was found only because its own check came through.',
  *check({ session }) {
    for (const { pair, check } of session.nominations) {
      for (const agent of [session.a, session.b]) {
        const { description } = agent
        if (
          !description ||
          description.trickled ||
          description.candidates.some(({ endpoint }) => isIP(endpoint.address) === 0)
        )
          continue
        const own = agent === session.a ? pair.a : pair.b
        // Another port of an address that was signalled is what a NAT makes.
        if (description.candidates.some(({ endpoint }) => endpoint.address === own.address)) continue
        const known = new Set(description.candidates.map(({ endpoint }) => endpointText(endpoint)))
        const mapped = pair.checks.flatMap(({ from, success }) => {
          const seen = from === agent && success ? mappedAddressOf(success.body) : undefined
          return seen ? [endpointText(seen)] : []
        })
        // Behind a NAT the address in the capture is the base of what was signalled.
        if (known.size === 0 || known.has(endpointText(own)) || mapped.some((one) => known.has(one))) continue
        yield {
          blame: agent,
          packets: check.requests.slice(0, 1),
          detail: `${agent.name} is reached at ${endpointText(own)}, and signalled ${[...known].slice(0, 4).join(', ')}.`,
        }
      }
    }
  },
}
