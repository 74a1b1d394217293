import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TapSide } from '../lab/embedded/udp-tap.ts'
import { judgeStages, type PairObservation, type StageName, type ToldByAgent } from './pair-stages.ts'
import type { SeenDatagram } from './pair-wire.ts'

const out = 'a:1>b:2'
const back = 'b:2>a:1'
const pathOf = (from: TapSide) => (from === 'controlling' ? out : back)

let clock = 0
const next = () => {
  clock += 1_000
  return clock
}

const see = (from: TapSide, kind: SeenDatagram['kind'], more: Partial<SeenDatagram> = {}): SeenDatagram => ({
  at: next(),
  from,
  path: pathOf(from),
  kind,
  ...more,
})

/** A check and its answer. */
const check = (from: TapSide, transaction: string, more: Partial<SeenDatagram> = {}): SeenDatagram[] => [
  see(from, 'request', { transaction, ...more }),
  see(from === 'controlling' ? 'controlled' : 'controlling', 'success', { transaction }),
]

const told = (received: string[], sent: string[]): ToldByAgent => ({
  ice: ['checking', 'connected'],
  dtls: ['connected'],
  open: true,
  sent,
  received,
})

/** A pair that does everything right, with something changed. */
function pair(change: (right: PairObservation) => void = () => {}): PairObservation {
  clock = 0
  const seen = [
    ...check('controlling', '1'),
    ...check('controlled', '2'),
    ...check('controlling', '3', { nominates: true }),
    see('controlled', 'dtls'),
    see('controlling', 'dtls'),
    see('controlling', 'data'),
    see('controlled', 'data'),
  ]
  const exchangedAt = next()
  const right: PairObservation = {
    kind: 'data-channel',
    told: { controlling: told(['y'], ['x']), controlled: told(['x'], ['y']) },
    seen: [...seen, ...check('controlling', '4'), ...check('controlled', '5')],
    exchangedAt,
    messages: 1,
  }
  change(right)
  return right
}

const set = (change: Partial<PairObservation>) => (right: PairObservation) => {
  Object.assign(right, change)
}

const drop = (which: (one: SeenDatagram) => boolean) => (right: PairObservation) => {
  right.seen = right.seen.filter((one) => !which(one))
}

const unconnected = (right: PairObservation) => {
  for (const own of Object.values(right.told))
    Object.assign(own, { ice: ['checking', 'failed'], dtls: [], open: false })
}

describe('the stages of a pair', () => {
  it('all pass where everything went well', () => {
    assert.deepEqual([...new Set(Object.values(judgeStages(pair())).map(({ verdict }) => verdict))], ['pass'])
  })

  it('have no DTLS where ICE is all there is', () => {
    const stages = judgeStages(pair(set({ kind: 'raw-ice' })))
    assert.equal('dtls' in stages, false)
  })

  const broken: [string, StageName, TapSide, (right: PairObservation) => void][] = [
    [
      'an agent that cannot be joined',
      'gathering',
      'controlled',
      set({ joining: { side: 'controlled', message: 'no candidate' } }),
    ],
    [
      'an agent that sends no checks',
      'checks',
      'controlled',
      (right) => {
        unconnected(right)
        drop(({ from, kind }) => from === 'controlled' && kind === 'request')(right)
      },
    ],
    [
      'an agent that answers no checks',
      'checks',
      'controlling',
      (right) => {
        unconnected(right)
        drop(({ from, kind }) => from === 'controlling' && kind === 'success')(right)
      },
    ],
    [
      'an agent that ended',
      'checks',
      'controlling',
      (right) => {
        unconnected(right)
        right.told.controlling.fault = 'it exited with code 1'
      },
    ],
    [
      'a controlling agent that never nominates',
      'nomination',
      'controlling',
      drop(({ nominates }) => nominates === true),
    ],
    [
      'a controlled agent that answers no nomination',
      'nomination',
      'controlled',
      drop(({ kind, transaction }) => kind === 'success' && transaction === '3'),
    ],
    [
      'an agent that sends no DTLS',
      'dtls',
      'controlled',
      (right) => {
        for (const own of Object.values(right.told)) Object.assign(own, { dtls: [], open: false })
        drop(({ from, kind }) => from === 'controlled' && kind === 'dtls')(right)
      },
    ],
    [
      'an agent whose data is not on the wire',
      'data-to-controlled',
      'controlling',
      drop(({ from, kind }) => from === 'controlling' && kind === 'data'),
    ],
    [
      'an agent that does not hand on what came',
      'data-to-controlled',
      'controlled',
      (right) => {
        right.told.controlled.received = []
      },
    ],
    [
      'an agent that sends on another pair than the nominated one',
      'data-to-controlling',
      'controlled',
      (right) => void right.seen.push(see('controlled', 'data', { path: 'b:9>a:1', at: clock + 1_000_000 })),
    ],
    [
      'an agent that asks for no consent',
      'consent',
      'controlled',
      drop(({ transaction, kind }) => transaction === '5' && kind === 'request'),
    ],
    [
      'an agent that gives no consent',
      'consent',
      'controlled',
      drop(({ transaction, kind }) => transaction === '4' && kind === 'success'),
    ],
  ]
  for (const [name, stage, blame, change] of broken) {
    it(`blame ${name}, at ${stage}`, () => {
      const result = judgeStages(pair(change))[stage]
      assert.deepEqual({ verdict: result?.verdict, blame: result?.blame }, { verdict: 'fail', blame })
    })
  }

  it('expect no consent of an agent that is known to ask for none', () => {
    const silent = pair((right) => {
      drop(({ transaction, kind }) => transaction === '5' && kind === 'request')(right)
      right.noConsent = { controlled: 'its library leaves that to its user' }
    })
    assert.deepEqual(judgeStages(silent).consent, {
      verdict: 'unsupported',
      reason: 'its library leaves that to its user',
    })
  })

  it('let data go on any valid pair before the side’s own check of the nominated one is answered', () => {
    const early = pair(({ seen }) => {
      const first = seen.findIndex(({ from, kind }) => from === 'controlled' && kind === 'data')
      seen[first] = see('controlled', 'data', { path: 'b:9>a:1', at: 1 })
    })
    assert.equal(judgeStages(early)['data-to-controlling']?.verdict, 'pass')
  })

  it('do not believe an agent that calls itself completed before its checks', () => {
    const stages = judgeStages(
      pair((right) => {
        unconnected(right)
        right.told.controlled.ice = ['completed', 'checking']
        right.seen = [see('controlling', 'request', { dropped: true }), see('controlled', 'request', { dropped: true })]
      }),
    )
    assert.equal(stages.checks?.verdict, 'unsupported')
  })

  it('are not reached behind checks that failed', () => {
    assert.equal(judgeStages(pair(unconnected)).consent?.verdict, 'inconclusive')
  })

  it('name attribute 0xC001 where it stands in for a nomination', () => {
    const stages = judgeStages(
      pair(({ seen }) => {
        for (const one of seen) if (one.nominates) Object.assign(one, { nominates: undefined, renominates: true })
      }),
    )
    assert.match(stages.nomination?.reason ?? '', /0xC001/)
  })
})
