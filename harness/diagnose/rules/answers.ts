import { attributeOf } from '../../wire/stun/stun-message.ts'
import { attributeName, comprehensionRequired, stunAttributes } from '../../wire/stun/stun-names.ts'
import { addressOf, mappedAddressOf, xorAddressOf } from '../../wire/stun/stun-values.ts'
import type { Breach, Rule } from '../finding.ts'
import { endpointText, sameEndpoint } from '../model/endpoints.ts'
import { type Check, checksOf, contradictsItself, type IceSession } from '../model/ice-session.ts'
import { count, duration, mostPackets, wayOf } from './packets.ts'

const bothOf = ({ requests, answers }: Check) => [...requests.slice(-1), ...answers.slice(0, 1)]

/** One breach for each agent that answered in a wrong way, with the checks that show it. */
function* byAnswerer(
  session: IceSession,
  isWrong: (check: Check) => boolean,
  tell: (check: Check) => string,
): Iterable<Breach> {
  for (const agent of [session.a, session.b]) {
    const wrong = session.checks.filter((one) => one.to === agent && isWrong(one))
    const first = wrong[0]
    if (!first) continue
    const more = wrong.length > 1 ? ` So do ${wrong.length - 1} more of its answers.` : ''
    yield { blame: agent, packets: wrong.slice(0, mostPackets / 2).flatMap(bothOf), detail: tell(first) + more }
  }
}

export const noAnswer: Rule = {
  id: 'no-answer',
  specification: 'RFC 8445',
  section: '7.3',
  level: 'MUST',
  title: 'a valid check is answered',
  explanation:
    'Every check with the right credentials gets an answer, whatever the state of the pair. Here packets pass this way in both directions, and the checks of one side stay without any answer.',
  *check({ session }) {
    for (const pair of session.pairs) {
      for (const agent of [session.a, session.b]) {
        // That the agent's own check was answered here shows that packets get through both ways.
        const opened = pair.checks.find(({ from, success }) => from === agent && success)?.success?.at
        if (opened === undefined) continue
        const asked = pair.checks.filter((one) => one.to === agent && !one.usernameFault && !contradictsItself(one))
        const since = asked.filter(({ requests }) => requests.some(({ at }) => at > opened))
        const requests = since.flatMap((one) => one.requests.filter(({ at }) => at > opened))
        const last = requests.at(-1)
        if (!last || since.some(({ answers }) => answers.length > 0) || requests.length < 3) continue
        yield {
          blame: agent,
          packets: requests.slice(0, mostPackets),
          detail: `${agent.name} leaves ${count(requests.length, 'request')} on ${wayOf(session, pair, agent)} without an answer over ${duration(last.at - (requests[0]?.at ?? 0))}, while its own check there succeeded.`,
        }
      }
    }
  },
}

export const answerFromElsewhere: Rule = {
  id: 'answer-from-another-address',
  specification: 'RFC 8489',
  section: '6.3.1.2',
  level: 'MUST',
  title: 'an answer comes from where the request went',
  explanation:
    'The answer to a check has to come from the address that was checked and go to the address that asked. Here it came another way, so the pair counts as failed although both sides are there.',
  check: ({ session }) => {
    const elsewhere = ({ answers, source, destination }: Check) =>
      answers.find((one) => !sameEndpoint(one.source, destination) || !sameEndpoint(one.destination, source))
    return byAnswerer(
      session,
      (check) => elsewhere(check) !== undefined,
      (check) => {
        const answer = elsewhere(check)
        return `${check.to.name} was asked at ${endpointText(check.destination)} by ${endpointText(check.source)}, and answers from ${answer && endpointText(answer.source)} to ${answer && endpointText(answer.destination)}.`
      },
    )
  },
}

export const noMappedAddress: Rule = {
  id: 'no-mapped-address',
  specification: 'RFC 8489',
  section: '6.3.1.1',
  level: 'MUST',
  title: 'a success answer tells the address that it saw',
  explanation:
    'The answer to a check carries XOR-MAPPED-ADDRESS, by which the asking side learns how a NAT shows it to its peer. Here it is missing or cannot be read, so the asking side cannot make a valid pair.',
  check: ({ session }) =>
    byAnswerer(
      session,
      ({ success }) => {
        const mapped = success && attributeOf(success.body, stunAttributes.XOR_MAPPED_ADDRESS)
        return success !== undefined && (mapped === undefined || xorAddressOf(mapped, success.body) === undefined)
      },
      ({ to }) => `${to.name} answers with success and no XOR-MAPPED-ADDRESS.`,
    ),
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'

/** Why a mapped address that differs from the captured one cannot be a NAT's doing; undefined where it may be. */
function proofAgainst(check: Check, told: Set<string>): string | undefined {
  const { success, source, destination } = check
  const mapped = success && mappedAddressOf(success.body)
  if (!success || !mapped || check.seenFrom.some((one) => sameEndpoint(one, mapped))) return undefined
  const attribute = attributeOf(success.body, stunAttributes.XOR_MAPPED_ADDRESS)
  const plain = attribute && addressOf(attribute)
  if (plain && sameEndpoint(plain, source)) return 'it was not combined with the magic cookie'
  if (sameEndpoint(mapped, destination)) return 'that is its own address'
  if (check.seenFrom.length > 1) return 'no place of the capture shows the request with it'
  if (mapped.address.includes(':') !== source.address.includes(':')) return 'it is of another address family'
  if (source.address === destination.address || (isLoopback(source.address) && isLoopback(destination.address))) {
    return 'both are on one machine, where no NAT is between'
  }
  return told.has(askedBy(check)) ? 'other answers tell the captured address, so no NAT is between' : undefined
}

const askedBy = ({ source, to }: Check): string => `${endpointText(source)} ${to.name}`

/** Who asked whom and was told the address that was captured. */
const rightlyTold = ({ checks }: IceSession): Set<string> => new Set(checks.filter(toldRightly).map(askedBy))

const toldRightly = ({ success, source }: Check): boolean => {
  const mapped = success && mappedAddressOf(success.body)
  return mapped !== undefined && sameEndpoint(mapped, source)
}

export const wrongMappedAddress: Rule = {
  id: 'wrong-mapped-address',
  specification: 'RFC 8445',
  section: '7.3.1.2',
  level: 'MUST',
  title: 'the mapped address is where the request came from',
  explanation:
    'In its answer a side tells from which address the check reached it. Here it tells another one, from which the peer makes a candidate that leads nowhere.',
  check: ({ session }) => {
    const told = rightlyTold(session)
    return byAnswerer(
      session,
      (check) => proofAgainst(check, told) !== undefined,
      (check) => {
        const mapped = check.success && mappedAddressOf(check.success.body)
        return `${check.to.name} tells ${mapped && endpointText(mapped)} to ${endpointText(check.source)}; ${proofAgainst(check, told)}.`
      },
    )
  },
}

/** Answers whose mapped address differs from what was captured, which a NAT outside the capture explains. */
export function behindNat(session: IceSession): Check[] {
  const told = rightlyTold(session)
  return session.checks.filter((one) => one.success && !toldRightly(one) && proofAgainst(one, told) === undefined)
}

const known = new Set<number>(Object.values(stunAttributes))

export const unknownAttributeAccepted: Rule = {
  id: 'unknown-attribute-accepted',
  specification: 'RFC 8489',
  section: '6.3.1',
  level: 'MUST',
  title: 'an attribute that must be understood and is not gets 420',
  explanation:
    'Attributes numbered below 0x8000 have to be understood; whoever does not know one refuses the request with error 420. Here a request with an attribute that nobody registered was answered with success.',
  check: ({ session }) => {
    const unknown = ({ requests }: Check) =>
      requests[0]?.body.attributes.find(({ type }) => comprehensionRequired(type) && !known.has(type))
    return byAnswerer(
      session,
      (check) => check.success !== undefined && unknown(check) !== undefined,
      (check) => `${check.to.name} accepts a check with attribute ${attributeName(unknown(check)?.type ?? 0)}.`,
    )
  },
}

export const usernameInAnswer: Rule = {
  id: 'username-in-answer',
  specification: 'RFC 8489',
  section: '9.1.3',
  level: 'MUST',
  title: 'an answer carries no USERNAME',
  explanation:
    'With short-term credentials the USERNAME stands in requests only. Here it is repeated in the answer, which strict peers may refuse.',
  check: ({ session }) =>
    byAnswerer(
      session,
      ({ answers }) => answers.some(({ body }) => attributeOf(body, stunAttributes.USERNAME)),
      ({ to }) => `${to.name} repeats USERNAME in its answer.`,
    ),
}

export const unsentErrorCode: Rule = {
  id: 'error-without-code',
  specification: 'RFC 8489',
  section: '6.3.1.1',
  level: 'MUST',
  title: 'an error answer says which error',
  explanation:
    'An error answer carries ERROR-CODE, by which the asking side knows whether to change its role, its credentials or nothing. Here it is missing, so the asking side can only give the pair up.',
  check: ({ session }) =>
    byAnswerer(
      session,
      ({ error }) => error !== undefined && error.code === 0,
      ({ to }) => `${to.name} sends an error answer without ERROR-CODE.`,
    ),
}

export const liteAgentChecks: Rule = {
  id: 'lite-agent-checks',
  specification: 'RFC 8445',
  section: '7',
  level: 'MUST',
  title: 'a lite agent sends no checks',
  explanation:
    'An agent that announced ice-lite answers checks and sends none. Here it sends some, and a peer that took its word may not answer them.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const own = checksOf(session, agent)
      if (!agent.description?.lite || own.length === 0) continue
      const packets = own.slice(0, mostPackets).flatMap(({ requests }) => requests.slice(0, 1))
      yield {
        blame: agent,
        packets,
        detail: `${agent.name} announced ice-lite and sends ${count(own.length, 'check')}.`,
      }
    }
  },
}
