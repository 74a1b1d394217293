import type { Examination } from '../examine.ts'
import type { IceSession } from '../model/ice-session.ts'
import * as lines from './story-lines.ts'

/** What happened in a session, in order, a sentence each with its time from the beginning of the capture. */
export function tellStory(session: IceSession, examination: Examination, answers: lines.ServerAnswers): string[] {
  const begin = examination.trace.captures[session.capture]?.firstAt ?? session.startedAt
  const told = [
    ...lines.introduction(session),
    ...lines.gathering(session, examination, answers),
    ...lines.checking(session),
    ...lines.conflicts(session),
    ...lines.nominating(session),
    ...lines.data(session),
    ...lines.consent(session),
  ]
  return told
    .sort((one, other) => one.at - other.at)
    .map(({ at, text }) => `${(Math.max(at - begin, 0) / 1e6).toFixed(3)} s  ${text}.`)
}
