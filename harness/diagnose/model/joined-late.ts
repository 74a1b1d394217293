import { checksOf, type IceSession } from './ice-session.ts'

/** Checks of consent are seconds apart (RFC 7675 §5.1), those of the beginning are not; microseconds. */
const consentGap = 2e6

/** Whether the capture seems to begin in the middle of a session, so that its nomination may have been before. */
export function joinedLate(session: IceSession): boolean {
  const success = session.checks.find((one) => one.success)
  const hadData = session.pairs.some(({ data }) =>
    data.some(({ bursts }) => success !== undefined && (bursts[0]?.from ?? Number.POSITIVE_INFINITY) < success.at),
  )
  const isCalm = [session.a, session.b].every((agent) => {
    const own = checksOf(session, agent)
    return own.length > 2 && own.every((one, index) => index === 0 || one.at - (own[index - 1]?.at ?? 0) > consentGap)
  })
  return hadData || (isCalm && session.checks.every((one) => one.success))
}
