import { CallScript, juliet, romeo, type Speaker } from './call-script.ts'
import { atJuliet, atRomeo, healthyCall, julietPort, romeoPort, validated } from './calls.ts'

/** A second address of the controlled side. */
const otherPort = julietPort + 1
const elsewhere: [Speaker, number] = [juliet, otherPort]

/** The controlling side nominates one pair, and the controlled one sends media on another that is valid too. */
export function mediaOffSelectedPair(): CallScript {
  const call = validated()
  call.check(atRomeo, elsewhere).check(elsewhere, atRomeo)
  call.check(atRomeo, elsewhere, { useCandidate: true })
  const from = call.now + 50
  return call.rtp(atRomeo, elsewhere, 3, from).rtp(atJuliet, atRomeo, 3, from)
}

/**
 * The controlled side checks while the phone still rings, seven times a second apart, and gives up. When the other's
 * checks come it answers them and sends none of its own.
 */
export function failedPairNotWoken(): CallScript {
  const call = new CallScript()
  const again = [1, 2, 3, 4, 5, 6].map((second) => 50 + second * 1000)
  call.check(atJuliet, atRomeo, { answer: false, again })
  call.check(atRomeo, atJuliet, { at: 15_000 })
  call.check(atRomeo, atJuliet, { useCandidate: true })
  for (let at = 20_000; at <= 30_000; at += 2500) call.check(atRomeo, atJuliet, { at })
  return call
}

/**
 * The controlled side begins anew for each candidate that is trickled to it, with new credentials and that candidate
 * alone. The last one is of component 2, so component 1 is never checked again and nothing is nominated.
 */
export function checkListThrownAway(): CallScript {
  const call = new CallScript()
  const generations = ['GATE1', 'GATE2', 'GATE3'].map((ufrag, index) => ({
    ...juliet,
    ufrag,
    tieBreaker: BigInt(7 + index),
  }))
  const [first, second, third] = generations as [Speaker, Speaker, Speaker]
  call.check([first, julietPort], atRomeo)
  call.check([second, julietPort], [romeo, romeoPort + 2], { at: 900 })
  call.check([third, julietPort + 1], [romeo, romeoPort + 1], { at: 1800, component: 2 })
  // The other side was told the first credentials only.
  for (let at = 2000; at <= 6000; at += 500) {
    call.check([romeo, romeoPort], [first, julietPort], { at, answer: 401, answerPassword: null })
  }
  for (let at = 2100; at <= 9100; at += 1000) {
    call.check([third, julietPort + 1], [romeo, romeoPort + 1], { at, component: 2 })
  }
  return call
}

/** The controlling side nominates by 0xC001, which the other does not know; no data flows. */
export function nominationByNumber(): CallScript {
  const call = validated()
  for (let index = 0; index < 8; index++) {
    call.check(atRomeo, atJuliet, { at: call.now + 1000, nomination: 1 })
    call.check(atJuliet, atRomeo, { at: call.now + 400 })
  }
  return call
}

/** A call through DTLS with media, in which nothing is wrong. */
export const healthy = (): CallScript => healthyCall(7)
