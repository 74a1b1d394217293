import type { Breach, Rule } from '../finding.ts'
import { endpointText } from '../model/endpoints.ts'
import type { TurnAllocation } from '../model/turn-allocations.ts'
import { count, duration, mostPackets } from './packets.ts'

/** RFC 8656 §9, and what clocks are off; microseconds. */
const permissionLasts = 300e6 + 2e6

type Use = TurnAllocation['uses'][number]

const inText = ({ client, server }: TurnAllocation): string => `${endpointText(client)} at ${endpointText(server)}`

/** Rules about an allocation are about no session: they are looked at once for a capture. */
export interface TurnRule extends Omit<Rule, 'check'> {
  check(allocation: TurnAllocation): Iterable<Breach>
}

function* unpermitted(
  allocation: TurnAllocation,
  isMeant: (use: Use, before: number | undefined) => boolean,
  tell: (use: Use) => string,
) {
  const wrong = allocation.uses.filter((use) => {
    const { peer, at } = use
    if (!peer) return false
    const before = allocation.permissions.findLast((one) => one.address === peer.address && one.at <= at)
    return isMeant(use, before?.at)
  })
  const first = wrong[0]
  if (!first?.peer) return
  const breach: Breach = { blame: 'TURN client', packets: wrong.slice(0, mostPackets), detail: tell(first) }
  yield breach
}

export const permissionMissing: TurnRule = {
  id: 'turn-permission-missing',
  specification: 'RFC 8656',
  section: '9',
  level: 'MUST',
  title: 'a permission is asked for before anything is sent through the relay',
  explanation:
    'A TURN server passes on only what goes to or comes from addresses that its client named before. Here the client sends to an address without such a permission, and the server drops it silently.',
  check: (allocation) =>
    unpermitted(
      allocation,
      (_, before) => before === undefined,
      ({ peer }) => `${inText(allocation)} sends to ${peer && endpointText(peer)}, for which it has no permission.`,
    ),
}

export const permissionExpired: TurnRule = {
  id: 'turn-permission-expired',
  specification: 'RFC 8656',
  section: '9',
  level: 'MUST',
  title: 'a permission is renewed before five minutes are over',
  explanation:
    'A permission lasts for five minutes and has to be asked for again. Here the client went on sending after that, and the server drops it silently.',
  check: (allocation) =>
    unpermitted(
      allocation,
      ({ at }, before) => before !== undefined && at - before > permissionLasts,
      ({ peer, at }) => {
        const last = allocation.permissions.findLast((one) => one.address === peer?.address && one.at <= at)
        return `${inText(allocation)} sends to ${peer && endpointText(peer)} ${duration(at - (last?.at ?? at))} after it asked for the permission.`
      },
    ),
}

export const channelMissing: TurnRule = {
  id: 'turn-channel-missing',
  specification: 'RFC 8656',
  section: '12.5',
  level: 'MUST',
  title: 'a channel is bound before data goes through it',
  explanation:
    'The short form of relayed data names a channel number, which stands for a peer only after ChannelBind succeeded. Here data goes through a channel that was never bound, and the server drops it silently.',
  *check(allocation) {
    const wrong = allocation.uses.filter(
      ({ channel, at }) =>
        channel !== undefined && !allocation.channels.some((one) => one.number === channel && one.at <= at),
    )
    const first = wrong[0]
    if (!first) return
    yield {
      blame: 'TURN client',
      packets: wrong.slice(0, mostPackets),
      detail: `${inText(allocation)} sends ${count(wrong.length, 'time')} through channel 0x${first.channel?.toString(16)}, which is not bound.`,
    }
  },
}

export const allocationExpired: TurnRule = {
  id: 'turn-allocation-expired',
  specification: 'RFC 8656',
  section: '8',
  level: 'MUST',
  title: 'an allocation is refreshed before its lifetime is over',
  explanation:
    'A TURN server tells how long it keeps the relayed address, and the client refreshes it before. Here the time passed without a refresh and the client still sends, to an address that is no longer its own.',
  *check(allocation) {
    const wrong = allocation.uses.filter(({ at }) => {
      const grant = allocation.grants.findLast((one) => one.at <= at)
      return grant !== undefined && at > grant.at + grant.lifetime * 1e6 + 2e6
    })
    const first = wrong[0]
    if (!first) return
    const grant = allocation.grants.findLast(({ at }) => at <= first.at)
    yield {
      blame: 'TURN client',
      packets: [...(grant ? [grant.sighting] : []), ...wrong.slice(0, mostPackets - 1)],
      detail: `${inText(allocation)} sends ${duration(first.at - (grant?.at ?? 0))} after it was given ${grant?.lifetime} s.`,
    }
  },
}
