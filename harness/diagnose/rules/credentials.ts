import { checkFingerprint, checkIntegrity, checkIntegritySha256, shortTermKey } from '../../wire/stun/stun-integrity.ts'
import { attributeOf, type StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import type { Breach, Rule, Scene } from '../finding.ts'
import {
  type Check,
  checksOf,
  contradictsItself,
  type IceAgent,
  type IceSession,
  type StunSighting,
} from '../model/ice-session.ts'
import { count, mostPackets } from './packets.ts'

type Tell = (first: Check, howMany: string) => string

/** One breach for each agent whose checks are wrong in one way. */
function* bySender({ session }: Scene, isWrong: (check: Check) => boolean, tell: Tell): Iterable<Breach> {
  for (const agent of [session.a, session.b]) {
    const wrong = checksOf(session, agent).filter(isWrong)
    const first = wrong[0]
    if (!first) continue
    const packets = wrong.slice(0, mostPackets).flatMap(({ requests }) => requests.slice(0, 1))
    yield { blame: agent, packets, detail: tell(first, count(wrong.length, 'check')) }
  }
}

const hasIntegrity = (message: StunMessage): boolean =>
  [stunAttributes.MESSAGE_INTEGRITY, stunAttributes.MESSAGE_INTEGRITY_SHA256].some((type) => attributeOf(message, type))

/** Whether a password does not fit a message that has an integrity; false where the password is not known. */
function hasWrongIntegrity(message: StunMessage, { description }: IceAgent): boolean {
  if (description?.password === undefined || !hasIntegrity(message)) return false
  const key = shortTermKey(description.password)
  return checkIntegrity(message, key) === 'wrong' || checkIntegritySha256(message, key) === 'wrong'
}

const requestOf = ({ requests }: Pick<Check, 'requests'>): StunMessage => (requests[0] as StunSighting).body

export const usernameMissing: Rule = {
  id: 'username-missing',
  specification: 'RFC 8445',
  section: '7.2.2',
  level: 'MUST',
  title: 'a check carries USERNAME',
  explanation:
    'A check names both sides’ username fragments, so that its receiver knows which session it is for. Here there is no USERNAME, and the receiver has to refuse it.',
  check: (scene) =>
    bySender(
      scene,
      ({ usernameFault }) => usernameFault === 'missing',
      ({ from }, howMany) => `${howMany} of ${from.name} without USERNAME.`,
    ),
}

export const usernameWrong: Rule = {
  id: 'username-wrong',
  specification: 'RFC 8445',
  section: '7.2.2',
  level: 'MUST',
  title: 'USERNAME is the peer’s fragment, a colon, and one’s own',
  explanation:
    'A check’s USERNAME is made of the fragment that the peer signalled, a colon, and the sender’s own. Here it is something else, so the receiver takes it for another session’s and has to refuse it.',
  check: (scene) =>
    bySender(
      scene,
      ({ usernameFault }) => usernameFault !== undefined && usernameFault !== 'missing',
      ({ from, to, username, usernameFault }, howMany) =>
        `${from.name} sends ${howMany} with USERNAME ${JSON.stringify(username?.slice(0, 80))} (${usernameFault}), and ${to.ufrag}:${from.ufrag} is right.`,
    ),
}

export const integrityMissing: Rule = {
  id: 'integrity-missing',
  specification: 'RFC 8445',
  section: '7.2.2',
  level: 'MUST',
  title: 'a check carries MESSAGE-INTEGRITY',
  explanation:
    'A check is signed with the password that its receiver signalled, which shows that it comes from the peer. Here the signature is missing, so anybody could have sent it.',
  check: (scene) =>
    bySender(
      scene,
      (check) => !hasIntegrity(requestOf(check)),
      ({ from }, howMany) => `${howMany} of ${from.name} without MESSAGE-INTEGRITY.`,
    ),
}

export const integrityWrong: Rule = {
  id: 'integrity-wrong',
  specification: 'RFC 8445',
  section: '7.2.2',
  level: 'MUST',
  title: 'a check is signed with the receiver’s password',
  explanation:
    'A check is signed with the password that its receiver signalled. Here the signature does not fit that password, so the receiver has to refuse the check.',
  check: (scene) =>
    bySender(
      scene,
      (check) => hasWrongIntegrity(requestOf(check), check.to),
      ({ from, to }, howMany) => `${from.name} sends ${howMany} that the password of ${to.name} does not fit.`,
    ),
}

/** Success answers to what had to be refused. */
export const badCheckAccepted: Rule = {
  id: 'bad-check-accepted',
  specification: 'RFC 8489',
  section: '9.1.3',
  level: 'MUST',
  title: 'a check with wrong credentials is refused',
  explanation:
    'A check without the right user name and signature is refused with error 400 or 401. Here it was answered with success, so a stranger could make this side take a path to him.',
  check: ({ session }) =>
    byAnswerer(
      session,
      (check) =>
        check.success !== undefined &&
        (check.usernameFault !== undefined ||
          !hasIntegrity(requestOf(check)) ||
          hasWrongIntegrity(requestOf(check), check.to)),
      ({ to }, howMany) => `${to.name} answers ${howMany} with success that had to be refused.`,
    ),
}

export const validCheckRefused: Rule = {
  id: 'valid-check-refused',
  specification: 'RFC 8445',
  section: '7.3',
  level: 'MUST',
  title: 'a check with the right credentials is accepted',
  explanation:
    'A check whose user name and signature are right is answered with success. Here it was refused with error 400 or 401, as if its sender were a stranger.',
  check: ({ session }) =>
    byAnswerer(
      session,
      ({ error, usernameFault, to, ...check }) =>
        !contradictsItself(check) &&
        (error?.code === 400 || error?.code === 401) &&
        usernameFault === undefined &&
        check.role !== undefined &&
        check.priority !== undefined &&
        to.description?.password !== undefined &&
        hasIntegrity(requestOf(check)) &&
        !hasWrongIntegrity(requestOf(check), to),
      ({ to, error }, howMany) => `${to.name} answers ${howMany} with ${error?.code} that its own password fits.`,
    ),
}

function* byAnswerer(session: IceSession, isWrong: (check: Check) => boolean, tell: Tell): Iterable<Breach> {
  for (const agent of [session.a, session.b]) {
    const wrong = session.checks.filter((one) => one.to === agent && isWrong(one))
    const first = wrong[0]
    if (!first) continue
    const packets = wrong
      .slice(0, mostPackets / 2)
      .flatMap((one) => [...one.requests.slice(0, 1), ...one.answers.slice(0, 1)])
    yield { blame: agent, packets, detail: tell(first, count(wrong.length, 'check')) }
  }
}

export const answerWithoutIntegrity: Rule = {
  id: 'answer-without-integrity',
  specification: 'RFC 8445',
  section: '7.3',
  level: 'MUST',
  title: 'a success answer is signed',
  explanation:
    'The answer to a check is signed with the same password as the check. Here the signature is missing, and the asking side has to throw the answer away.',
  check: ({ session }) =>
    byAnswerer(
      session,
      (check) => check.success !== undefined && hasIntegrity(requestOf(check)) && !hasIntegrity(check.success.body),
      ({ to }, howMany) => `${to.name} answers ${howMany} without MESSAGE-INTEGRITY.`,
    ),
}

export const answerIntegrityWrong: Rule = {
  id: 'answer-integrity-wrong',
  specification: 'RFC 8445',
  section: '7.3',
  level: 'MUST',
  title: 'an answer is signed with the answering side’s password',
  explanation:
    'The answer to a check is signed with the same password as the check. Here the signature does not fit, and the asking side has to throw the answer away.',
  check: ({ session }) =>
    byAnswerer(
      session,
      (check) => check.success !== undefined && hasWrongIntegrity(check.success.body, check.to),
      ({ to }, howMany) => `${to.name} answers ${howMany} with a signature that its password does not fit.`,
    ),
}

/** Every message of ICE that an agent sent. */
const sentBy = ({ checks, indications }: IceSession, agent: IceAgent): StunSighting[] => [
  ...checks.flatMap(({ from, requests, answers }) => (from === agent ? requests : answers)),
  ...indications.filter(({ from }) => from === agent).map(({ message }) => message),
]

export const fingerprintMissing: Rule = {
  id: 'fingerprint-missing',
  specification: 'RFC 8445',
  section: '7.2.4',
  level: 'MUST',
  title: 'checks and their answers carry FINGERPRINT',
  explanation:
    'FINGERPRINT is a checksum by which STUN is told from media on the same address. Here it is missing, so a peer that looks for it may take the message for media.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const wrong = session.checks
        .flatMap(({ from, requests, success }) => (from === agent ? requests : success ? [success] : []))
        .filter(({ body }) => checkFingerprint(body) === 'missing')
      if (wrong.length === 0) continue
      const detail = `${count(wrong.length, 'message')} of ${agent.name} without FINGERPRINT.`
      yield { blame: agent, packets: wrong.slice(0, mostPackets), detail }
    }
  },
}

export const fingerprintWrong: Rule = {
  id: 'fingerprint-wrong',
  specification: 'RFC 8489',
  section: '14.7',
  level: 'MUST',
  title: 'FINGERPRINT fits the message and ends it',
  explanation:
    'FINGERPRINT is the checksum of all that stands before it, and the last attribute. Here it does not fit, so its receiver drops the message as something that is not STUN.',
  *check({ session }) {
    for (const agent of [session.a, session.b]) {
      const wrong = sentBy(session, agent).filter(({ body }) => checkFingerprint(body) === 'wrong')
      if (wrong.length === 0) continue
      const detail = `${count(wrong.length, 'message')} of ${agent.name} with a FINGERPRINT that does not fit.`
      yield { blame: agent, packets: wrong.slice(0, mostPackets), detail }
    }
  },
}

export const priorityMissing: Rule = {
  id: 'priority-missing',
  specification: 'RFC 8445',
  section: '7.1.1',
  level: 'MUST',
  title: 'a check carries PRIORITY',
  explanation:
    'A check tells the priority that its sender’s address has if the peer does not know it yet. Without it the peer cannot rank an address that a NAT made.',
  check: (scene) =>
    bySender(
      scene,
      ({ priority }) => priority === undefined,
      ({ from }, howMany) => `${howMany} of ${from.name} without PRIORITY.`,
    ),
}

export const priorityWrong: Rule = {
  id: 'priority-wrong',
  specification: 'RFC 8445',
  section: '7.1.1',
  level: 'MUST',
  title: 'PRIORITY is that of a peer-reflexive candidate',
  explanation:
    'The priority in a check is computed as for a peer-reflexive candidate, between 1 and 2³¹−1. Here it is out of these bounds or that of the candidate itself, so the two sides order their pairs differently.',
  check: (scene) =>
    bySender(
      scene,
      ({ priority, from, source }) =>
        priority !== undefined && (priority < 1 || priority > 2 ** 31 - 1 || isOfHost(from, source, priority)),
      ({ from, priority }, howMany) => `${from.name} sends ${howMany} such as with priority ${priority}.`,
    ),
}

/** Whether it is the very priority that a host candidate at this address was signalled with. */
const isOfHost = ({ description }: IceAgent, source: Check['source'], priority: number): boolean =>
  description?.candidates.some(
    (one) =>
      one.type === 'host' &&
      one.priority === priority &&
      one.endpoint.port === source.port &&
      one.endpoint.address === source.address,
  ) ?? false
