import { readTrace } from '../../wire/trace/read-trace.ts'
import { type Examination, examine } from '../examine.ts'
import type { IceDescription } from '../signalled/ice-description.ts'
import { emptyDescription } from '../signalled/read-sdp.ts'
import { CallScript, juliet, romeo, type Speaker } from './call-script.ts'

/** Ports of component 1. */
export const romeoPort = 40_000
export const julietPort = 50_000

export const atRomeo: [Speaker, number] = [romeo, romeoPort]
export const atJuliet: [Speaker, number] = [juliet, julietPort]

/** Checks both ways, nomination, DTLS, media and consent: a call in which nothing is wrong. Seconds of media. */
export function healthyCall(seconds = 3): CallScript {
  const call = connected()
  return talk(call, seconds)
}

/** Both sides have checked the pair, and the controlling one has nominated it. */
export const connected = (call = new CallScript()): CallScript =>
  validated(call).check(atRomeo, atJuliet, { useCandidate: true })

/** Both sides have checked the pair with success. */
export const validated = (call = new CallScript()): CallScript =>
  call.check(atRomeo, atJuliet).check(atJuliet, atRomeo, { at: call.now + 15 })

/** DTLS, and media both ways, with a check of consent every five seconds. */
export function talk(call: CallScript, seconds: number): CallScript {
  call.hello(atRomeo, atJuliet, 1).hello(atJuliet, atRomeo, 2)
  const from = call.now + 50
  call.rtp(atRomeo, atJuliet, seconds, from).rtp(atJuliet, atRomeo, seconds, from)
  const end = call.now
  for (let at = from + 5000; at < end; at += 5000)
    call.check(atRomeo, atJuliet, { at }).check(atJuliet, atRomeo, { at: at + 500 })
  return call
}

/** What the two signalled, with what a test wants otherwise. */
export const described = (
  ofRomeo: Partial<IceDescription> = {},
  ofJuliet: Partial<IceDescription> = {},
): IceDescription[] => [
  { ...emptyDescription(romeo.ufrag), password: romeo.password, candidates: [hostOf(romeo, romeoPort)], ...ofRomeo },
  {
    ...emptyDescription(juliet.ufrag),
    password: juliet.password,
    candidates: [hostOf(juliet, julietPort)],
    ...ofJuliet,
  },
]

export const hostOf = ({ address }: Speaker, port: number, component = 1) => ({
  component,
  transport: 'udp',
  priority: 126 * 2 ** 24 + 65535 * 2 ** 8 + 256 - component,
  type: 'host',
  endpoint: { address, port },
})

/** What the rules say of a call, by way of the bytes of its capture. */
export const examineCall = async (call: CallScript, descriptions: IceDescription[] = []): Promise<Examination> =>
  examine(await readTrace({ name: 'call', bytes: call.pcap() }), descriptions)
