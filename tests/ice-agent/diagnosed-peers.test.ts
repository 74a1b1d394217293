import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pass } from 'node:timers/promises'
import type { Draft } from '../../harness/tester/ice-peer/drafts.ts'
import { withField, withoutField } from '../../harness/tester/ice-peer/drafts.ts'
import type { IceEngine } from '../../harness/tester/ice-peer/ice-engine.ts'
import { errorCodeValue } from '../../harness/wire/stun/encode-stun.ts'
import { stunAttributes } from '../../harness/wire/stun/stun-names.ts'
import { diagnosePeers, meet, type PeerCall } from './peers-on-loopback.ts'

// The broken peers prove the rules: two scripted peers call each other over loopback, one makes a mistake, and the rule
// that is about it names that side. Where no mistake is made, no rule fires.

const two = ['127.0.0.1', '127.0.0.2']
const twoEach = { controlling: { addresses: two }, controlled: { addresses: two } }
const patient = { controlling: { addresses: two, timings: { nominate: 1000 } }, controlled: { addresses: two } }
const bothControlling = { controlled: { role: 'controlling' as const } }

/** Who wins a conflict of roles. */
const withTieBreakers =
  (controlling: bigint, controlled: bigint) => (peers: { controlling: IceEngine; controlled: IceEngine }) => {
    peers.controlling.tieBreaker = controlling
    peers.controlled.tieBreaker = controlled
  }

const withoutKey = (draft: Draft): Draft => ({ ...draft, key: undefined })
const asError =
  (code?: number) =>
  (draft: Draft): Draft => ({
    ...draft,
    class: 'error',
    fields: code === undefined ? [] : [{ type: stunAttributes.ERROR_CODE, value: errorCodeValue(code, 'no') }],
  })

interface Row extends PeerCall {
  rule: string
  /** Whom the rule blames, where the roles do not tell. */
  blame?: string
}

const rows: Row[] = [
  {
    rule: 'username-missing',
    options: { controlled: { onCheck: (draft) => withoutField(draft, stunAttributes.USERNAME) } },
  },
  { rule: 'username-wrong', makes: ['swaps-username'] },
  { rule: 'integrity-missing', options: { controlled: { onCheck: withoutKey } } },
  { rule: 'integrity-wrong', makes: ['sends-own-password'] },
  {
    rule: 'bad-check-accepted',
    makes: ['answers-missing-integrity'],
    options: { controlling: { onCheck: withoutKey } },
  },
  {
    rule: 'bad-check-accepted',
    by: 'controlling',
    makes: ['answers-wrong-integrity'],
    options: { controlled: { onCheck: (draft) => ({ ...draft, key: Buffer.from('wrong') }) } },
  },
  { rule: 'answer-without-integrity', makes: ['answers-without-integrity'] },
  { rule: 'answer-integrity-wrong', makes: ['answers-by-wrong-password'] },
  { rule: 'fingerprint-missing', makes: ['sends-no-fingerprint'] },
  { rule: 'fingerprint-missing', by: 'controlling', makes: ['answers-without-fingerprint'] },
  { rule: 'fingerprint-wrong', makes: ['answers-with-spoilt-fingerprint'] },
  { rule: 'priority-missing', makes: ['sends-no-priority'] },
  { rule: 'priority-wrong', by: 'controlling', makes: ['sends-host-priority'] },
  { rule: 'role-missing', makes: ['sends-no-role'] },
  { rule: 'valid-check-refused', options: { controlled: { onAnswer: asError(401) } } },
  { rule: 'error-without-code', options: { controlled: { onAnswer: asError() } } },
  { rule: 'needless-487', options: { controlled: { onAnswer: asError(487) } }, before: withTieBreakers(9n, 5n) },
  { rule: 'no-answer', makes: ['answers-nothing'], lasts: 4500 },
  { rule: 'answer-from-another-address', makes: ['answers-from-another-port'] },
  { rule: 'no-mapped-address', makes: ['answers-plain-mapped-address'] },
  { rule: 'wrong-mapped-address', makes: ['answers-wrong-mapped-address'] },
  { rule: 'username-in-answer', by: 'controlling', makes: ['answers-with-username'] },
  {
    rule: 'unknown-attribute-accepted',
    makes: ['answers-unknown-required'],
    options: { controlling: { onCheck: (draft) => withField(draft, 0x7ffe, 'what is this') } },
  },
  { rule: 'lite-agent-checks', makes: ['checks-though-lite'], options: { controlled: { lite: true } } },
  {
    rule: 'role-conflict-without-487',
    blame: 'controlling agent',
    makes: ['answers-success-in-conflict'],
    options: bothControlling,
    before: withTieBreakers(5n, 9n),
  },
  {
    rule: 'role-kept-after-487',
    blame: 'controlling agent',
    makes: ['ignores-487'],
    options: { controlled: { role: 'controlling', timings: { rto: 100 } } },
    before: withTieBreakers(9n, 5n),
    meet: async (peers) => {
      peers.controlled.setRemote({ ...peers.controlling.description })
      await pass(600)
      for (const pair of peers.controlled.list.pairs) peers.controlled.list.trigger(pair)
      peers.controlled.wake()
    },
  },
  {
    rule: 'tie-breaker-kept-after-487',
    makes: ['keeps-tie-breaker-after-487'],
    options: bothControlling,
    before: withTieBreakers(9n, 5n),
    meet: async (peers) => {
      peers.controlled.setRemote(peers.controlling.description)
      await pass(600)
      peers.controlling.setRemote(peers.controlled.description)
    },
  },
  { rule: 'tie-breaker-changed', by: 'controlling', makes: ['changes-tie-breaker'] },
  { rule: 'use-candidate-by-controlled', makes: ['sends-use-candidate-though-controlled'] },
  { rule: 'aggressive-nomination-with-ice2', by: 'controlling', makes: ['nominates-at-once'], options: twoEach },
  { rule: 'nominated-twice', by: 'controlling', makes: ['nominates-twice'], options: patient, lasts: 2500 },
  { rule: 'never-nominated', by: 'controlling', makes: ['never-nominates'], lasts: 4500, talks: true },
  { rule: 'nomination-by-unagreed-attribute', by: 'controlling', makes: ['nominates-by-number'] },
  {
    rule: 'data-off-selected-pair',
    makes: ['sends-data-on-best-pair'],
    options: { controlling: { nominates: false }, controlled: { addresses: two } },
    lasts: 2500,
    talks: true,
    meet: async (peers) => {
      meet(peers)
      const isReady = () => Object.values(peers).every(({ list }) => list.valid.length > 1)
      for (let tries = 0; tries < 200 && !isReady(); tries++) await pass(50)
      const worst = peers.controlling.list.sorted('controlling', peers.controlling.list.valid).at(-1)
      if (worst) peers.controlling.nominate(worst)
    },
  },
  {
    rule: 'data-on-unvalidated-pair',
    makes: ['sends-data-before-consent'],
    options: { controlling: { onAnswer: () => 'silent', checks: false } },
    talks: true,
  },
  {
    rule: 'no-triggered-check',
    makes: ['triggers-no-checks'],
    lasts: 7000,
    meet: ({ controlling, controlled }) => {
      // It knows no candidate of its peer, so only what comes in can make it check.
      controlled.setRemote({ ...controlling.description, candidates: [] })
      controlling.setRemote(controlled.description)
    },
  },
  {
    rule: 'no-triggered-check-after-failure',
    makes: ['triggers-no-check-for-failed'],
    options: { controlled: { timings: { rto: 30 } } },
    meet: early(4500),
    lasts: 7000,
  },
  { rule: 'checks-before-peer', meet: early(5300), lasts: 1000 },
  {
    rule: 'pacing-too-fast',
    makes: ['checks-all-at-once'],
    options: { controlling: { addresses: [...two, '127.0.0.3'] }, controlled: { addresses: [...two, '127.0.0.3'] } },
  },
  {
    rule: 'retransmitted-too-soon',
    makes: ['retransmits-early'],
    options: { controlling: { checks: false, onAnswer: () => 'silent' } },
  },
  {
    rule: 'candidate-never-signalled',
    meet: (peers) => {
      const stranger = { ...(peers.controlling.candidates[0] as IceEngine['candidates'][number]), port: 9 }
      meet(peers)
      peers.controlled.remoteEnded = false
      peers.controlled.addRemoteCandidate(stranger)
    },
  },
  {
    rule: 'stun-malformed',
    talks: false,
    meet: async (peers) => {
      meet(peers)
      await pass(500)
      const [from, to] = [peers.controlled.sockets[0], peers.controlling.sockets[0]]
      const lying = Buffer.from(`000100082112a442${'00'.repeat(12)}0006ffff41424344`, 'hex')
      if (to) from?.send(lying, to.local)
    },
  },
  {
    rule: 'restart-without-new-credentials',
    makes: ['keeps-credentials-on-restart'],
    lasts: 1000,
    meet: async (peers) => {
      meet(peers)
      await pass(900)
      for (const peer of [peers.controlling, peers.controlled]) peer.restart()
      meet(peers)
    },
  },
]

/** The controlled side hears of its peer, and checks it, before the peer is there. */
function early(milliseconds: number): PeerCall['meet'] {
  return async ({ controlling, controlled }) => {
    controlling.options.onAnswer = () => 'silent'
    controlled.setRemote(controlling.description)
    await pass(milliseconds)
    controlling.options.onAnswer = undefined
    controlling.setRemote(controlled.description)
  }
}

const rightOnes: [string, PeerCall][] = [
  ['full agents', { talks: true }],
  ['agents with two addresses', { options: twoEach, talks: true }],
  ['a lite agent', { options: { controlled: { lite: true } } }],
  ['a conflict of roles that is repaired', { options: bothControlling, before: withTieBreakers(5n, 9n) }],
  [
    'a restart',
    {
      meet: async (peers) => {
        meet(peers)
        await pass(900)
        for (const peer of [peers.controlling, peers.controlled]) peer.restart()
        meet(peers)
      },
    },
  ],
]

test('broken peers are told from right ones', { concurrency: 12 }, async (t) => {
  const broken = rows.map((row) =>
    t.test(`${row.rule}: ${row.makes?.join(', ') ?? 'scripted'}`, async () => {
      const { findings, sessions } = await diagnosePeers(row)
      const found = findings.filter(({ rule }) => rule === row.rule)
      const told = () =>
        `${sessions.map(({ pairs, nominations }) => `${pairs.map(({ key, data }) => `${key} ${data.map((one) => `${one.from.name} ${one.packets}`)}`)}, nominated ${nominations.map(({ pair }) => pair.key)}`)}\n${findings.map(({ rule, blame, detail }) => `${rule} ${blame} ${detail}`).join('\n')}`
      assert.ok(found.length > 0, `it is found; found were: ${told()}`)
      for (const { blame } of found) assert.equal(blame, row.blame ?? `${row.by ?? 'controlled'} agent`, told())
    }),
  )
  const right = rightOnes.map(([name, call]) =>
    t.test(`${name}: nothing is found`, async () => {
      const { findings, sessions } = await diagnosePeers(call)
      assert.ok(sessions.some(({ nominations }) => nominations.length > 0))
      assert.deepEqual(
        findings.map(({ rule, level, detail }) => `${level} ${rule} ${detail}`),
        [],
      )
    }),
  )
  await Promise.all([...broken, ...right])
})
