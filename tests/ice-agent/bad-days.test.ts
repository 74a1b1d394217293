import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClientDriver, DriverExit } from '../../harness/lab/embedded/client-driver.ts'
import { createIceStage } from '../../harness/run/ice-fixtures.ts'
import { judge } from '../../harness/run/verdict.ts'
import { expect } from '../../harness/suite/expect.ts'
import type { IceFixtures } from '../../harness/suite/ice-fixtures.ts'
import { IceSocket } from '../../harness/tester/ice-peer/ice-socket.ts'
import { ModelIceAgent } from '../../harness/tester/model-ice/model-ice-agent.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'

/** The model agent, with a verb of it done another way. */
function otherwise(change: Partial<Record<string, (model: ModelIceAgent) => Promise<unknown>>>): ClientDriver {
  const model = new ModelIceAgent()
  return {
    exited: model.exited,
    stderr: '',
    onEvent: (listener) => model.onEvent(listener),
    request: (verb, params) => change[verb]?.(model) ?? model.request(verb, params),
    end: () => model.end(),
  }
}

/** One whose process is gone as soon as it is asked for a verb. */
function exiting(verb: string): ClientDriver {
  const model = otherwise({})
  const gone = Promise.withResolvers<DriverExit>()
  return {
    ...model,
    exited: gone.promise,
    request: async (asked, params) => {
      if (asked !== verb) return model.request(asked, params)
      gone.resolve({ code: 7, signal: null })
      throw new Error('the driver is gone: exited with code 7')
    },
  }
}

async function verdictOf(driver: ClientDriver, body: (fixtures: IceFixtures) => Promise<void>) {
  const capabilities = new Set(['controlling', 'controlled'])
  const stage = createIceStage({
    kind: 'raw-ice',
    capabilities,
    recorder: new CaseRecorder(),
    take: () => driver,
    address: { peer: '127.0.0.1' },
  })
  let thrown: unknown
  try {
    await body(stage.fixtures)
  } catch (error) {
    thrown = error
  }
  const judgement = judge({ level: 'MUST', statement: '' }, thrown)
  await stage.end()
  return { ...judgement, how: judgement.how ?? stage.how, evidence: await stage.evidence?.() }
}

const connects = async ({ meet, agent }: IceFixtures) => {
  await meet()
  await agent.connected(2_000)
}

describe('bad days of an ICE agent', () => {
  test('one that hangs in gathering makes its case inconclusive, and says how it behaved', async () => {
    const hangs = otherwise({
      describe: async () => {
        throw new Error('the driver did not answer "describe" within 15000 ms')
      },
    })
    const { verdict, how, message } = await verdictOf(hangs, connects)
    assert.deepEqual([verdict, how], ['inconclusive', 'hangs'], message)
  })

  test('one that exits is told by its exit', async () => {
    const { verdict, how, message } = await verdictOf(exiting('describe'), connects)
    assert.deepEqual([verdict, how], ['inconclusive', 'dies'])
    assert.match(message ?? '', /exit code 7/)
  })

  test('one whose description has not the shape that it must have makes its case inconclusive', async () => {
    for (const answer of [null, {}, { ufrag: 1 }, { sdp: 'v=0' }, { type: 'offer' }]) {
      const { verdict, message } = await verdictOf(otherwise({ describe: async () => answer }), connects)
      assert.equal(verdict, 'inconclusive', message)
      assert.match(message ?? '', /no description/)
    }
  })

  test('one that tells somebody else’s username fragment fails, in time', async () => {
    const stranger = otherwise({
      describe: async (model) => ({
        ...((await model.request('describe')) as object),
        ufrag: 'some',
        password: 'body/elses/password/here',
      }),
    })
    const { verdict, message } = await verdictOf(stranger, connects)
    assert.equal(verdict, 'fail')
    assert.match(message ?? '', /connected/)
  })

  test('one that floods costs bounded memory, and its case goes on', async () => {
    const { verdict, evidence } = await verdictOf(new ModelIceAgent(), async ({ meet }) => {
      const peer = await meet({ peer: { checks: false } })
      const flooder = await IceSocket.open('127.0.0.1', () => {})
      const [socket] = peer.sockets
      expect.ok(socket, 'a socket', 'none')
      for (let burst = 0; burst < 420; burst++) {
        for (let i = 0; i < 50; i++) flooder.send(Buffer.alloc(1_000, 0x80), socket.local)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await flooder.close()
      expect.ok(peer.passed.length <= 20_001, 'at most 20 000 datagrams', `${peer.passed.length}`)
    })
    assert.equal(verdict, 'pass')
    assert.ok((evidence?.['capture.pcap']?.length ?? 0) < 40 << 20)
  })

  test('what passed is a capture of IP packets', async () => {
    const { verdict, evidence } = await verdictOf(new ModelIceAgent(), connects)
    assert.equal(verdict, 'pass')
    const capture = evidence?.['capture.pcap'] as Uint8Array
    assert.equal(Buffer.from(capture).readUInt32LE(20), 101)
    assert.match(String(evidence?.['agent.log']), /told ice {"state":"connected"}/)
  })

  test('a role that the agent does not take makes the case unsupported', async () => {
    const { verdict } = await verdictOf(new ModelIceAgent(), async ({ meet }) => {
      await meet({ trickle: true })
    })
    assert.equal(verdict, 'unsupported')
  })
})
