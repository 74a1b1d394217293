import { describe } from 'node:test'
import { CallScript, juliet, romeo } from '../testing/call-script.ts'
import { atJuliet, atRomeo, connected, described, healthyCall, hostOf, talk, validated } from '../testing/calls.ts'
import {
  checkListThrownAway,
  failedPairNotWoken,
  mediaOffSelectedPair,
  nominationByNumber,
} from '../testing/field-calls.ts'
import { type RuleCase, testRule } from '../testing/rule-case.ts'

const controlled = 'controlled agent'
const controlling = 'controlling agent'

const bursts = (gap: number): CallScript => {
  const call = new CallScript()
  for (let port = 0; port < 10; port++) call.check(atRomeo, [juliet, 50_000 + port], { at: 10 + port * gap })
  for (let port = 0; port < 10; port++) call.check([juliet, 50_000 + port], atRomeo, { at: 600 + port * 50 })
  return call
}

const restarted = (change: { romeo?: string; juliet?: string }): CallScript => {
  const call = healthyCall(1)
  const [one, other] = [
    { ...romeo, ufrag: change.romeo ?? romeo.ufrag },
    { ...juliet, ufrag: change.juliet ?? juliet.ufrag },
  ]
  call.wait(12_000)
  call.check([one, 40_000], [other, 50_000]).check([other, 50_000], [one, 40_000])
  return call.check([one, 40_000], [other, 50_000], { useCandidate: true })
}

const twoPairs = (): CallScript => connected().check(atRomeo, [juliet, 50_001]).check([juliet, 50_001], atRomeo)

/** Consent that is asked for every five seconds until it ends, while media goes on. */
const consent = (lastAt: number, { isAsked }: { isAsked: boolean }): CallScript => {
  const call = talk(connected(), lastAt)
  const from = call.now
  call.rtp(atRomeo, atJuliet, 40, from)
  const end = call.now
  for (let at = from + 1000; isAsked && at < end; at += 5000) call.check(atRomeo, atJuliet, { at, answer: false })
  return call
}

const dtls = { wantsDtls: true }

const cases: RuleCase[] = [
  {
    rule: 'data-off-selected-pair',
    mistake: 'the controlled side sends media on the pair that it likes best',
    blame: controlled,
    agent: 'B',
    call: mediaOffSelectedPair(),
    silent: { call: healthyCall(3) },
  },
  {
    rule: 'no-triggered-check-after-failure',
    mistake: 'a pair that failed while the phone rang is not woken',
    blame: controlled,
    agent: 'A',
    also: ['checks-before-peer'],
    call: failedPairNotWoken(),
    silent: { call: failedPairNotWoken().check(atJuliet, atRomeo, { at: 15_100 }) },
  },
  {
    rule: 'no-triggered-check',
    mistake: 'the controlled side answers and never asks',
    blame: controlled,
    described: described(),
    call: new CallScript()
      .check(atRomeo, atJuliet)
      .check(atRomeo, atJuliet, { at: 3000 })
      .check(atRomeo, atJuliet, { at: 9000, useCandidate: true }),
    silent: {
      call: new CallScript().check(atRomeo, atJuliet).check(atRomeo, atJuliet, { at: 3000, useCandidate: true }),
      described: described({}, { lite: true }),
    },
  },
  {
    rule: 'check-list-thrown-away',
    mistake: 'there are new credentials for each trickled candidate',
    blame: controlled,
    also: ['second-component-alone'],
    call: checkListThrownAway(),
    silent: { call: healthyCall(1) },
  },
  {
    rule: 'check-list-thrown-away',
    mistake: 'there is a new list for each trickled candidate',
    blame: controlled,
    also: ['tie-breaker-changed', 'never-nominated'],
    call: new CallScript()
      .check(atJuliet, atRomeo, { at: 10 })
      .check(atJuliet, [romeo, 40_002], { at: 800, tieBreaker: 9n })
      .check(atRomeo, atJuliet, { at: 900 }),
  },
  {
    rule: 'second-component-alone',
    mistake: 'component 1 is not checked',
    blame: controlled,
    also: ['no-triggered-check'],
    call: new CallScript()
      .check([juliet, 50_001], [romeo, 40_001], { component: 2 })
      .check(atRomeo, atJuliet)
      .check(atRomeo, atJuliet, { at: 2500 })
      .check([juliet, 50_001], [romeo, 40_001], { component: 2, at: 4000 }),
    silent: { call: healthyCall(1).check([juliet, 50_001], [romeo, 40_001], { component: 2 }) },
  },
  {
    rule: 'nomination-by-unagreed-attribute',
    mistake: '0xC001 takes the place of USE-CANDIDATE',
    blame: controlling,
    call: nominationByNumber(),
    silent: {
      call: nominationByNumber(),
      described: described({ options: ['renomination'] }, { options: ['renomination'] }),
    },
  },
  {
    rule: 'never-nominated',
    mistake: 'the controlling side has a valid pair and is silent',
    blame: controlling,
    call: validated().check(atRomeo, atJuliet, { at: 3000 }).check(atJuliet, atRomeo, { at: 9000 }),
    silent: { call: connected().check(atJuliet, atRomeo, { at: 9000 }) },
  },
  {
    rule: 'nominated-twice',
    mistake: 'another pair is nominated after the first',
    blame: controlling,
    call: twoPairs().check(atRomeo, [juliet, 50_001], { useCandidate: true }),
    silent: { call: twoPairs() },
  },
  {
    rule: 'aggressive-nomination-with-ice2',
    mistake: 'the first checks nominate, although ice2 was announced',
    blame: controlling,
    described: described(
      { options: ['ice2'] },
      { options: ['ice2'], candidates: [hostOf(juliet, 50_000), hostOf(juliet, 50_001)] },
    ),
    call: new CallScript()
      .check(atRomeo, atJuliet, { useCandidate: true })
      .check(atRomeo, [juliet, 50_001], { useCandidate: true })
      .check(atJuliet, atRomeo),
    silent: { call: connected() },
  },
  {
    rule: 'use-candidate-by-controlled',
    mistake: 'the controlled side nominates',
    blame: controlled,
    call: connected().check(atJuliet, atRomeo, { useCandidate: true }),
  },
  {
    rule: 'data-on-unvalidated-pair',
    mistake: 'media goes where no check was answered',
    blame: controlled,
    also: ['media-one-way'],
    call: new CallScript().check(atRomeo, atJuliet, { answer: false }).rtp(atJuliet, atRomeo, 1),
    silent: { call: validated().rtp(atJuliet, atRomeo, 1) },
  },
  {
    rule: 'media-one-way',
    mistake: 'one side is silent',
    blame: controlled,
    agent: 'B',
    call: connected().rtp(atRomeo, atJuliet, 3),
    silent: { call: connected().rtp(atRomeo, atJuliet, 3), described: described({ direction: 'sendonly' }) },
  },
  {
    rule: 'checks-before-peer',
    mistake: 'one side checks for six seconds before the other is there',
    blame: controlling,
    call: talk(
      new CallScript()
        .check(atRomeo, atJuliet, { again: [1000, 3000, 6000] })
        .check(atJuliet, atRomeo)
        .check(atRomeo, atJuliet, { useCandidate: true }),
      1,
    ),
  },
  {
    rule: 'checks-abandoned-early',
    mistake: 'two requests are all',
    blame: controlling,
    call: new CallScript()
      .check(atRomeo, atJuliet, { answer: false, again: [600] })
      .rtp([juliet, 1], [romeo, 1], 1, 20_000),
    silent: {
      call: new CallScript()
        .check(atRomeo, atJuliet, { answer: false, again: [550, 1550, 3550, 7550, 15_550, 31_550] })
        .rtp([juliet, 1], [romeo, 1], 1, 50_000),
    },
  },
  {
    rule: 'pacing-too-fast',
    mistake: 'ten checks go out at once',
    blame: controlling,
    call: bursts(1),
    silent: { call: bursts(20) },
  },
  {
    rule: 'retransmitted-too-soon',
    mistake: 'a request is repeated after 100 ms',
    blame: controlling,
    call: talk(
      new CallScript()
        .check(atRomeo, atJuliet, { again: [150, 250] })
        .check(atJuliet, atRomeo)
        .check(atRomeo, atJuliet, { useCandidate: true }),
      1,
    ),
    silent: { call: new CallScript().check(atRomeo, atJuliet, { again: [550, 1550] }) },
  },
  {
    rule: 'consent-expired',
    mistake: 'nothing answers any more, and media goes on for forty seconds',
    blame: controlling,
    call: consent(12, { isAsked: true }),
    silent: { call: healthyCall(45) },
  },
  {
    rule: 'consent-never-asked',
    mistake: 'media goes on for forty seconds without a check',
    blame: controlling,
    call: consent(1, { isAsked: false }),
    silent: { call: healthyCall(45) },
  },
  {
    rule: 'restart-without-new-credentials',
    mistake: 'one side begins anew and the other keeps its own',
    blame: controlled,
    call: restarted({ romeo: 'ROMEO2' }),
    silent: { call: restarted({ romeo: 'ROMEO2', juliet: 'JULIE2' }) },
  },
  {
    rule: 'valid-check-refused',
    mistake: 'a check that fits the password gets 401',
    blame: controlled,
    described: described(),
    call: connected().check(atRomeo, atJuliet, { answer: 401 }),
    silent: { call: connected().check(atRomeo, atJuliet, { answer: 401, password: 'x' }) },
  },
  {
    rule: 'valid-check-refused',
    mistake: 'a check that fits the password gets 400, and one of the controlled side that nominates does not count',
    blame: controlling,
    described: described(),
    call: connected().check(atJuliet, atRomeo, { answer: 400 }),
    silent: { call: connected().check(atJuliet, atRomeo, { answer: 400, useCandidate: true }) },
  },
  {
    rule: 'dtls-started-by-both',
    mistake: 'each side sends ClientHello',
    blame: 'both agents',
    call: connected().hello(atRomeo, atJuliet, 1).hello(atJuliet, atRomeo, 1),
    silent: { call: healthyCall(1) },
  },
  {
    rule: 'dtls-started-by-neither',
    mistake: 'the active side is silent',
    blame: controlled,
    described: described({ ...dtls, setup: 'passive' }, { ...dtls, setup: 'active' }),
    call: connected().check(atRomeo, atJuliet, { at: 7000 }),
    silent: { call: healthyCall(1) },
  },
  {
    rule: 'dtls-not-answered',
    mistake: 'ClientHello is repeated and nothing comes back',
    blame: controlled,
    call: connected().hello(atRomeo, atJuliet, 1).hello(atRomeo, atJuliet, 1, 1500).hello(atRomeo, atJuliet, 1, 3500),
    silent: { call: healthyCall(1) },
  },
]

describe('rules about how a call goes', () => {
  for (const one of cases) testRule(one)
})
