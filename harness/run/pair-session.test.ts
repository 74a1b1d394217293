import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import type { ClientDriver, DriverEvent, DriverExit } from '../lab/embedded/client-driver.ts'
import { UdpTap } from '../lab/embedded/udp-tap.ts'
import { IceAgent, type RawDescription, type StartAgent } from '../lab/ice-agent.ts'
import { parseCandidate } from '../lab/ice-candidate.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { encodeStun } from '../wire/stun/encode-stun.ts'
import { decodeStun } from '../wire/stun/stun-message.ts'
import { stunAttributes } from '../wire/stun/stun-names.ts'
import { PairSession } from './pair-session.ts'
import { wayThrough } from './pair-wire.ts'

const opened: AsyncDisposable[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]()
})

/** A driver and its agent of ICE in one, as simple as two of them need to connect; tests break it at one verb. */
class SmallAgent implements ClientDriver {
  readonly stderr = ''
  readonly exited: Promise<DriverExit>
  readonly exit: (how: DriverExit) => void
  readonly verbs: Record<string, (params: never) => unknown>
  #tell: (event: DriverEvent) => void = () => {}
  #socket: Socket | undefined
  #how: StartAgent | undefined
  #remote: { address: string; port: number } | undefined
  #connected = false

  constructor(broken: (agent: SmallAgent) => Record<string, (params: never) => unknown> = () => ({})) {
    const { promise, resolve } = Promise.withResolvers<DriverExit>()
    this.exited = promise
    this.exit = resolve
    this.verbs = {
      start: (how: StartAgent) => {
        this.#how = how
      },
      describe: () => this.describe(),
      remote: ({ description }: { description: RawDescription }) => {
        const candidate = parseCandidate(description.candidates[0] ?? '')
        this.#remote = candidate
        this.#check()
      },
      send: ({ data }: { data: string }) => this.#send(data),
      ...broken(this),
    }
  }

  tell(event: string, params: Record<string, unknown> = {}) {
    this.#tell({ event, params })
  }

  async request(verb: string, params: Record<string, unknown> = {}): Promise<unknown> {
    return (await this.verbs[verb]?.(params as never)) ?? null
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#tell = listener
  }

  async end(): Promise<void> {
    this.#socket?.close()
  }

  async describe(): Promise<RawDescription> {
    const socket = createSocket('udp4')
    this.#socket = socket
    socket.on('message', (bytes, from) => this.#came(bytes, from))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const candidate = `candidate:1 1 UDP 2130706431 127.0.0.1 ${socket.address().port} typ host`
    this.#check()
    return { ufrag: 'abcd', password: 'x'.repeat(22), candidates: [candidate] }
  }

  #check() {
    if (!this.#remote || !this.#socket) return
    const nominates = this.#how?.role === 'controlling' ? [{ type: stunAttributes.USE_CANDIDATE, value: '' }] : []
    const transactionId = crypto.getRandomValues(new Uint8Array(12))
    this.#send(encodeStun({ class: 'request', method: 1, transactionId, fields: nominates }))
  }

  #came(bytes: Buffer, from: { address: string; port: number }) {
    const message = (bytes[0] ?? 255) < 4 ? decodeStun(bytes) : undefined
    if (message?.kind !== 'stun') return this.tell('data', { data: bytes.toString() })
    if (message.class === 'request') {
      const transactionId = Buffer.from(message.transactionId, 'hex')
      this.#socket?.send(encodeStun({ class: 'success', method: 1, transactionId }), from.port, from.address)
      // Whoever is asked asks back; later that is how consent is asked for.
      if (!this.#connected) this.#check()
    } else if (!this.#connected) {
      this.#connected = true
      this.tell('ice', { state: 'connected' })
      this.tell('open')
    }
  }

  #send(data: string | Uint8Array) {
    if (this.#remote) this.#socket?.send(data, this.#remote.port, this.#remote.address)
  }

  /** Asks for consent. */
  ask() {
    this.#check()
  }
}

async function run(controlling: SmallAgent, controlled: SmallAgent) {
  const tap = new UdpTap()
  opened.push(tap, ...[controlling, controlled].map((one) => ({ [Symbol.asyncDispose]: () => one.end() })))
  // Both ask for consent as soon as anything of the second half is to be waited for.
  tap.onDatagram(({ bytes }) => {
    if (bytes.toString().includes('psst 5')) for (const one of [controlling, controlled]) setImmediate(() => one.ask())
  })
  const joined = (driver: SmallAgent) => ({
    agent: new IceAgent(driver),
    settings: {},
    verbs: Object.keys(driver.verbs),
  })
  const session = new PairSession({
    agents: { controlling: joined(controlling), controlled: joined(controlled) },
    way: wayThrough(tap),
    kind: 'raw-ice',
    trickle: false,
    recorder: new CaseRecorder(),
    patience: { connect: 300, hopeless: 200, data: 300, consent: 1_000 },
    noConsent: { controlling: 'too small', controlled: 'too small' },
  })
  return session.run()
}

describe('a pair of agents', () => {
  it('passes every stage where both do what they should', async () => {
    const { consent, ...stages } = await run(new SmallAgent(), new SmallAgent())
    assert.deepEqual([...new Set(Object.values(stages).map(({ verdict }) => verdict))], ['pass'])
    assert.equal(consent?.verdict, 'unsupported')
  })

  const bad: [string, string, 'controlling' | 'controlled', RegExp, SmallAgent][] = [
    [
      'an agent that hangs in gathering',
      'gathering',
      'controlled',
      /did not answer "describe"/,
      new SmallAgent(() => ({
        describe: () => Promise.reject(new Error('the driver did not answer "describe" within 15000 ms')),
      })),
    ],
    [
      'an agent that gathers TCP alone',
      'gathering',
      'controlled',
      /no candidate that the other side can reach/,
      new SmallAgent((agent) => ({
        describe: async () => ({
          ...(await agent.describe()),
          candidates: ['candidate:1 1 tcp 1 127.0.0.1 9 typ host tcptype active'],
        }),
      })),
    ],
    [
      'an agent whose driver answers nonsense',
      'gathering',
      'controlled',
      /"describe" was answered with/,
      new SmallAgent(() => ({ describe: () => ({ hello: 'world' }) })),
    ],
    [
      'an agent that exits when it is told of the other side',
      'checks',
      'controlled',
      /exited with code 1/,
      new SmallAgent((agent) => ({ remote: () => agent.exit({ code: 1, signal: null }) })),
    ],
    [
      'an agent that does nothing',
      'checks',
      'controlled',
      /sent no connectivity check|answered no/,
      new SmallAgent(() => ({ remote: () => null })),
    ],
    [
      'an agent that takes messages and sends none',
      'data-to-controlling',
      'controlled',
      /no data of it was seen/,
      new SmallAgent(() => ({ send: () => null })),
    ],
  ]
  for (const [name, stage, blame, reason, agent] of bad) {
    it(`blames ${name}`, async () => {
      const stages: Record<string, { verdict: string; blame?: string; reason?: string }> = await run(
        new SmallAgent(),
        agent,
      )
      assert.deepEqual([stages[stage]?.verdict, stages[stage]?.blame], ['fail', blame])
      assert.match(stages[stage]?.reason ?? '', reason)
    })
  }
})
