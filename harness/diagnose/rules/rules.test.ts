import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CallScript, juliet, priorityOf, romeo } from '../testing/call-script.ts'
import { atJuliet, atRomeo, connected, described, examineCall, healthyCall, hostOf, talk } from '../testing/calls.ts'
import { type RuleCase, testRule } from '../testing/rule-case.ts'
import { rules } from './index.ts'

const controlled = 'controlled agent'
const controlling = 'controlling agent'
const both = described()

/** A call in which one check more, after the others, is not as it should be. */
const withCheck = (...parameters: Parameters<CallScript['check']>): CallScript =>
  talk(connected().check(...parameters), 1)

const cases: RuleCase[] = [
  {
    rule: 'username-missing',
    mistake: 'a check names nobody',
    blame: controlled,
    call: withCheck(atJuliet, atRomeo, { username: null, answer: 400 }),
  },
  {
    rule: 'username-wrong',
    mistake: 'the two fragments are swapped',
    blame: controlled,
    call: talk(
      connected().check(atJuliet, atRomeo, {
        username: `${juliet.ufrag}:${romeo.ufrag}`,
        answer: 401,
        answerPassword: null,
      }),
      1,
    ),
  },
  {
    rule: 'username-wrong',
    mistake: 'the fragment is of somebody else',
    blame: controlled,
    call: withCheck(atJuliet, atRomeo, { username: `TYBALT:${juliet.ufrag}`, answer: 401, answerPassword: null }),
  },
  {
    rule: 'integrity-missing',
    mistake: 'a check is not signed',
    blame: controlling,
    call: withCheck(atRomeo, atJuliet, { password: null, answer: 400, answerPassword: null }),
  },
  {
    rule: 'integrity-wrong',
    mistake: 'a check is signed with one’s own password',
    blame: controlling,
    described: both,
    call: withCheck(atRomeo, atJuliet, { password: romeo.password, answer: 401, answerPassword: null }),
  },
  {
    rule: 'bad-check-accepted',
    mistake: 'a check without a signature gets success',
    blame: controlled,
    also: ['integrity-missing'],
    call: withCheck(atRomeo, atJuliet, { password: null }),
  },
  {
    rule: 'answer-without-integrity',
    mistake: 'a success answer is not signed',
    blame: controlled,
    call: withCheck(atRomeo, atJuliet, { answerPassword: null }),
  },
  {
    rule: 'answer-integrity-wrong',
    mistake: 'an answer is signed with the asking side’s password',
    blame: controlled,
    described: both,
    call: withCheck(atRomeo, atJuliet, { answerPassword: romeo.password }),
  },
  {
    rule: 'fingerprint-missing',
    mistake: 'a check has none',
    blame: controlling,
    call: withCheck(atRomeo, atJuliet, { fingerprint: false }),
  },
  {
    rule: 'fingerprint-wrong',
    mistake: 'a check has one that does not fit',
    blame: controlling,
    call: withCheck(atRomeo, atJuliet, { fingerprint: 'wrong', answer: false }),
  },
  {
    rule: 'priority-missing',
    mistake: 'a check has none',
    blame: controlled,
    call: withCheck(atJuliet, atRomeo, { priority: null, answer: 400 }),
  },
  {
    rule: 'priority-wrong',
    mistake: 'a check has that of the host candidate',
    blame: controlled,
    described: both,
    call: withCheck(atJuliet, atRomeo, { priority: priorityOf(1, 126) }),
  },
  {
    rule: 'no-answer',
    mistake: 'three checks stay without an answer on a pair that works the other way',
    blame: controlled,
    agent: 'B',
    call: new CallScript()
      .check(atRomeo, atJuliet, { answer: false, again: [550, 1550] })
      .check(atJuliet, atRomeo, { at: 70 })
      .check(atRomeo, atJuliet, { at: 2500, answer: false, again: [3000, 4000] }),
    silent: { call: connected() },
  },
  {
    rule: 'answer-from-another-address',
    mistake: 'the answer comes from another port',
    blame: controlled,
    call: withCheck(atRomeo, atJuliet, { answerFrom: { address: juliet.address, port: 50_009 } }),
  },
  {
    rule: 'no-mapped-address',
    mistake: 'a success answer tells no address',
    blame: controlled,
    call: withCheck(atRomeo, atJuliet, { mapped: null }),
  },
  {
    rule: 'wrong-mapped-address',
    mistake: 'one answer tells another port than the others',
    blame: controlled,
    call: withCheck(atRomeo, atJuliet, { mapped: { address: romeo.address, port: 9 } }),
  },
  {
    rule: 'unknown-attribute-accepted',
    mistake: 'an attribute that must be understood is passed over',
    blame: controlled,
    call: withCheck(atRomeo, atJuliet, { extra: [{ type: 0x7123, value: 1 }] }),
    silent: { call: withCheck(atRomeo, atJuliet, { extra: [{ type: 0x7123, value: 1 }], answer: 420 }) },
  },
  {
    rule: 'username-in-answer',
    mistake: 'the answer repeats it',
    blame: controlled,
    call: withCheck(atRomeo, atJuliet, { answerExtra: [{ type: 6, value: 'JULIET:ROMEO1' }] }),
  },
  {
    rule: 'error-without-code',
    mistake: 'an error answer says nothing',
    blame: controlled,
    call: talk(
      ((call) => {
        const id = call.nextId()
        const [source, destination] = [
          { address: romeo.address, port: 40_000 },
          { address: juliet.address, port: 50_000 },
        ]
        const head = { class: 'request', key: juliet.password } as const
        const fields = [
          { type: 0x06, value: 'JULIET:ROMEO1' },
          { type: 0x24, value: priorityOf(1) },
          { type: 0x802a, value: Buffer.from('00000000000000c8', 'hex') },
        ]
        call.stun([source, destination], { ...head, fields }, { at: call.now + 50, id })
        call.stun([destination, source], { class: 'error', key: juliet.password }, { at: call.now + 10, id })
        return call
      })(connected()),
      1,
    ),
  },
  {
    rule: 'lite-agent-checks',
    mistake: 'who announced ice-lite sends checks',
    blame: controlled,
    described: described({}, { lite: true }),
    call: healthyCall(1),
  },
  {
    rule: 'role-conflict-without-487',
    mistake: 'the winner answers with success',
    blame: controlling,
    agent: 'A',
    also: ['role-not-yielded'],
    call: new CallScript()
      .check(atRomeo, atJuliet)
      .check(atJuliet, atRomeo, { role: 'controlling' })
      .check(atJuliet, atRomeo, { role: 'controlling', at: 2000 }),
  },
  {
    rule: 'role-not-yielded',
    mistake: 'the loser keeps its role',
    blame: controlling,
    agent: 'B',
    call: new CallScript()
      .check(atRomeo, atJuliet)
      .check(atJuliet, atRomeo, { role: 'controlling', answer: false })
      .check(atRomeo, atJuliet, { at: 1000 })
      .check(atJuliet, atRomeo, { role: 'controlling', at: 2500, answer: false }),
  },
  {
    rule: 'needless-487',
    mistake: 'a check without a conflict is refused with it',
    blame: controlled,
    also: ['role-kept-after-487'],
    call: talk(connected().wait(600).check(atRomeo, atJuliet, { answer: 487 }).wait(600).check(atRomeo, atJuliet), 1),
  },
  {
    rule: 'role-kept-after-487',
    mistake: 'the refused one goes on as before',
    blame: controlling,
    agent: 'B',
    call: new CallScript()
      .check(atRomeo, atJuliet)
      .check(atJuliet, atRomeo, { role: 'controlling', answer: 487 })
      .check(atJuliet, atRomeo, { role: 'controlling', answer: 487, at: 1000 }),
  },
  {
    rule: 'tie-breaker-kept-after-487',
    mistake: 'the role changes and the number stays',
    blame: controlled,
    call: new CallScript()
      .check(atRomeo, atJuliet, { answer: false })
      .check(atJuliet, atRomeo, { role: 'controlling', answer: 487 })
      .check(atJuliet, atRomeo, { at: 600 })
      .check(atRomeo, atJuliet, { at: 700 })
      .check(atRomeo, atJuliet, { useCandidate: true }),
    silent: {
      call: new CallScript()
        .check(atRomeo, atJuliet, { answer: false })
        .check(atJuliet, atRomeo, { role: 'controlling', answer: 487 })
        .check(atJuliet, atRomeo, { at: 600, tieBreaker: 7n }),
    },
  },
  {
    rule: 'tie-breaker-changed',
    mistake: 'there is another number without a 487',
    blame: controlled,
    call: withCheck(atJuliet, atRomeo, { tieBreaker: 77n }),
    also: [],
  },
  {
    rule: 'role-missing',
    mistake: 'a check has neither attribute',
    blame: controlled,
    call: withCheck(atJuliet, atRomeo, { role: null }),
  },
  {
    rule: 'stun-malformed',
    mistake: 'an attribute reaches behind the message',
    blame: controlling,
    call: talk(
      connected().udp(
        { address: romeo.address, port: 40_000 },
        { address: juliet.address, port: 50_000 },
        Buffer.from(`000100082112a442${'00'.repeat(12)}0006ffff41424344`, 'hex'),
      ),
      1,
    ),
  },
  {
    rule: 'candidate-never-signalled',
    mistake: 'a check goes where nobody was announced',
    blame: controlling,
    described: both,
    also: ['checks-abandoned-early'],
    call: withCheck(atRomeo, [juliet, 50_100], { answer: false }),
  },
  {
    rule: 'host-candidate-withheld',
    mistake: 'the pair that is chosen begins where nothing was announced',
    blame: controlled,
    described: described({}, { candidates: [hostOf({ ...juliet, address: '203.0.113.2' }, 50_001)] }),
    call: talk(
      new CallScript()
        .check(atJuliet, atRomeo)
        .check(atRomeo, atJuliet)
        .check(atRomeo, atJuliet, { useCandidate: true }),
      1,
    ),
  },
]

describe('rules about single checks and answers', () => {
  for (const one of cases) testRule(one)
})

describe('rules', () => {
  test('are silent on a call in which nothing is wrong, known or unknown what was signalled', async () => {
    for (const descriptions of [[], both, described({ options: ['ice2'] }, { options: ['ice2'] })]) {
      const { findings, sessions } = await examineCall(healthyCall(40), descriptions)
      assert.equal(sessions.length, 1)
      assert.deepEqual(findings, [])
    }
  })

  test('have each an id of its own, a section, and an explanation of two sentences', () => {
    assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length)
    assert.ok(rules.length >= 25, `${rules.length} rules`)
    for (const { id, specification, section, explanation, title } of rules) {
      assert.match(id, /^[a-z0-9-]+$/)
      assert.match(specification, /^RFC \d+$/)
      assert.match(section, /^\d+(\.\d+)*$/)
      assert.equal(explanation.match(/\.(\s|$)/g)?.length, 2, `${id}: ${explanation}`)
      assert.ok(title.length < 90, id)
    }
  })
})
