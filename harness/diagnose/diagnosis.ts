import type { Trace } from '../wire/trace/trace.ts'
import { type Examination, examine } from './examine.ts'
import type { Finding } from './finding.ts'
import { endpointText } from './model/endpoints.ts'
import type { IceAgent, IceSession } from './model/ice-session.ts'
import { joinedLate } from './model/joined-late.ts'
import { behindNat } from './rules/answers.ts'
import type { IceDescription } from './signalled/ice-description.ts'
import { findServerAnswers, type ServerAnswers } from './story/story-lines.ts'
import { tellStory } from './story/tell-story.ts'

/** A session as it is told: plain data, the shape of `assay diagnose --json` (DESIGN §10). */
export interface DiagnosedSession {
  kind: 'ice'
  capture: string
  agents: {
    name: string
    ufrag: string
    role?: string
    lite: boolean
    addresses: string[]
    candidates?: { component: number; type: string; address: string; priority: number }[]
  }[]
  pairs: {
    local: string
    remote: string
    component: number
    checks: { from: string; requests: number; answered: number }[]
    valid: boolean
    nominated: boolean
    relayed: boolean
    data: { from: string; kind: string; packets: number; bytes: number }[]
  }[]
  story: string[]
}

export interface Diagnosis {
  captures: Trace['captures']
  sessions: DiagnosedSession[]
  findings: Finding[]
  /** What could not be judged, and why; a sentence each. */
  notChecked: string[]
}

/**
 * Says of a trace what happened, what was wrong and whose fault it was.
 *
 * @param descriptions what was signalled, where that is known
 */
export function diagnose(trace: Trace, descriptions: IceDescription[] = []): Diagnosis {
  return tellDiagnosis(examine(trace, descriptions))
}

/** What an examination found, as plain data. */
export function tellDiagnosis(examination: Examination): Diagnosis {
  const { trace, sessions, findings } = examination
  const answers = findServerAnswers(examination)
  return {
    captures: trace.captures,
    sessions: sessions.map((session) => tellSession(session, examination, answers)),
    findings,
    notChecked: tellNotChecked(examination),
  }
}

function tellSession(session: IceSession, examination: Examination, answers: ServerAnswers): DiagnosedSession {
  const { a, b, pairs, nominations, capture } = session
  return {
    kind: 'ice',
    capture: examination.trace.captures[capture]?.name ?? '',
    agents: [a, b].map(tellAgent),
    pairs: pairs.map((pair) => ({
      local: endpointText(pair.a),
      remote: endpointText(pair.b),
      component: pair.component,
      checks: [a, b].map((agent) => {
        const own = pair.checks.filter(({ from }) => from === agent)
        return {
          from: agent.name,
          requests: own.reduce((sum, { requests }) => sum + requests.length, 0),
          answered: own.filter(({ success }) => success).length,
        }
      }),
      valid: pair.checks.some(({ success }) => success),
      nominated: nominations.some((one) => one.pair === pair && one.by === 'USE-CANDIDATE'),
      relayed: pair.relayed,
      data: pair.data.map(({ from, kind, packets, bytes }) => ({ from: from.name, kind, packets, bytes })),
    })),
    story: tellStory(session, examination, answers),
  }
}

const tellAgent = ({ name, ufrag, role, lite, endpoints, description }: IceAgent) => ({
  name,
  ufrag,
  role,
  lite,
  addresses: [...endpoints.keys()],
  ...(description && {
    candidates: description.candidates.map(({ component, type, endpoint, priority }) => ({
      component,
      type,
      address: endpointText(endpoint),
      priority,
    })),
  }),
})

function tellNotChecked({ trace, sessions, placed }: Examination): string[] {
  const said: string[] = []
  for (const { name, fault, packets } of trace.captures) {
    if (fault !== undefined) said.push(`${name} could be read for ${packets} packets only: ${fault}.`)
  }
  said.push(...trace.notes)
  if (sessions.length === 0) {
    const questions = placed.stun.length
    said.push(
      questions > 0
        ? `There are ${questions} STUN messages, and none is an ICE check with a USERNAME: no session could be made out.`
        : 'There is no STUN message: nothing of ICE could be judged.',
    )
    return said
  }
  const agents = sessions.flatMap((session) => [session.a, session.b].map((agent) => ({ session, agent })))
  const silent = agents.filter(({ agent }) => !agent.description)
  const names = (list: { agent: IceAgent }[]) => [...new Set(list.map(({ agent }) => agent.ufrag))].join(', ')
  if (silent.length > 0) {
    said.push(
      `What ${names(silent)} signalled is not known: candidates, ice-lite, ice2, renomination, DTLS roles and directions were not compared. Give --sdp or --transcript.`,
    )
  }
  const secret = agents.filter(({ agent }) => agent.description?.password === undefined)
  if (secret.length > 0)
    said.push(`Signatures for ${names(secret)} were not verified, because the password is not known.`)
  const assumed = agents.filter(({ agent }) => agent.lite && !agent.description)
  if (assumed.length > 0) {
    said.push(
      `${names(assumed)} sent no checks and was taken for a lite agent, so missing checks of it were not judged.`,
    )
  }
  if (sessions.some((session) => behindNat(session).length > 0)) {
    said.push(
      'Mapped addresses differ from the captured ones, as behind a NAT; whether they are right cannot be told from here.',
    )
  }
  if (sessions.some(joinedLate))
    said.push('A session seems to have begun before the capture: its nomination was not judged.')
  if (trace.captures.length === 1) {
    said.push(
      'There is one capture: a packet that is not in it may have been lost before or behind the place of the capture.',
    )
  }
  const isEncrypted = sessions.some(({ dtls, pairs }) => dtls.length > 0 || pairs.some(({ data }) => data.length > 0))
  if (isEncrypted) said.push('What is encrypted (DTLS, SRTP) was counted and not read.')
  return said
}
