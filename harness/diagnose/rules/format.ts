import type { Rule } from '../finding.ts'
import { count, mostPackets } from './packets.ts'

export const malformedStun: Rule = {
  id: 'stun-malformed',
  specification: 'RFC 8489',
  section: '5',
  level: 'MUST',
  title: 'lengths in a STUN message fit it',
  explanation:
    'A STUN message tells its own length and that of each attribute. Here they do not fit the packet, so its receiver can only drop it.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const wrong = session.malformed.filter(({ from, message }) => from === agent && message.body.as === 'stun')
      const first = wrong[0]
      if (!first) continue
      const packets = wrong.slice(0, mostPackets).map(({ message }) => message)
      yield {
        blame: agent,
        packets,
        detail: `${count(wrong.length, 'message')} of ${agent.name}; of the first: ${first.message.body.reason}.`,
      }
    }
  },
}
