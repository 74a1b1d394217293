/** One SRV record of a domain, and which kind it is (RFC 6120 §3.2.1, XEP-0368 §3). */
export interface ServiceRecord {
  service: 'xmpp-client' | 'xmpps-client'
  host: string
  port: number
  priority: number
  weight: number
}

/**
 * The order in which a client tries SRV records (RFC 2782): lowest priority first; within one, at random in proportion
 * to the weights. Records of both services stand in one list (XEP-0368 §3).
 *
 * @param random numbers from 0 up to 1, for choosing by weight
 */
export function srvOrder(records: readonly ServiceRecord[], random: () => number = Math.random): ServiceRecord[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b)
  return priorities.flatMap((priority) =>
    byWeight(
      records.filter((record) => record.priority === priority),
      random,
    ),
  )
}

function byWeight(records: ServiceRecord[], random: () => number): ServiceRecord[] {
  // Records of weight 0 stand first, so that they are hardly ever chosen while others are left.
  const left = records.toSorted((a, b) => a.weight - b.weight)
  const ordered: ServiceRecord[] = []
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0)
    const point = random() * total
    let sum = 0
    const index = left.findIndex(({ weight }) => {
      sum += weight
      return sum >= point
    })
    ordered.push(...left.splice(Math.max(index, 0), 1))
  }
  return ordered
}
