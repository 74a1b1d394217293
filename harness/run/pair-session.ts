import type { DriverEvent } from '../lab/embedded/client-driver.ts'
import { type TapSide, tapSides } from '../lab/embedded/udp-tap.ts'
import type { IceKind } from '../lab/ice-agent.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import { epochMicroseconds } from '../wire/epoch-clock.ts'
import { JoinError, type JoinedAgent, joinAgents } from './join-agents.ts'
import { judgeStages, type PairObservation, type Stages, settled, type ToldByAgent } from './pair-stages.ts'
import type { PairWay, SeenDatagram } from './pair-wire.ts'

/** Bounds of one pair, milliseconds. */
export const pairPatience = {
  /** From the descriptions to messages that can be sent. */
  connect: 20_000,
  /** The same where no check of either side comes through: part of `connect`. */
  hopeless: 8_000,
  /** Until all messages have come. */
  data: 5_000,
  /** Consent is asked for every 5 seconds, give or take a fifth (RFC 7675 §5.1). */
  consent: 8_000,
}

/** Messages each way, half of them at once and half when consent was seen: by then the pair is chosen. */
const messages = 10

export interface PairSessionOptions {
  agents: Record<TapSide, JoinedAgent>
  way: PairWay
  kind: IceKind
  trickle: boolean
  recorder: CaseRecorder
  /** Why a side asks for no consent, where it is known not to. */
  noConsent?: Partial<Record<TapSide, string>>
  patience?: Partial<typeof pairPatience>
  /** The network loses datagrams: of those that nobody sends again half are enough. */
  loses?: boolean
}

/** Two agents under test, from their start to the end of their talk. */
export class PairSession {
  /** The descriptions as the other side got them: texts by file name. */
  readonly descriptions: Record<string, string> = {}
  readonly #options: PairSessionOptions
  readonly #patience: typeof pairPatience
  readonly #observed: PairObservation
  readonly #waits = new Set<() => void>()
  #begun = 0
  #connectedMs: number | undefined

  constructor(options: PairSessionOptions) {
    this.#options = options
    this.#patience = { ...pairPatience, ...options.patience }
    const nothing = (): ToldByAgent => ({ ice: [], dtls: [], open: false, sent: [], received: [] })
    this.#observed = {
      kind: options.kind,
      told: { controlling: nothing(), controlled: nothing() },
      seen: [],
      ...(options.noConsent ? { noConsent: options.noConsent } : {}),
      messages,
      ...(options.loses && options.kind === 'raw-ice' ? { needed: messages / 2 } : {}),
    }
    options.way.onSeen((one) => {
      this.#observed.seen.push(one)
      this.#look()
    })
    for (const side of tapSides) this.#listen(side)
  }

  /** Joins the two, lets them talk, waits for consent, and judges. Never throws for what the agents do. */
  async run(): Promise<Stages> {
    const { agents, way, kind, trickle, recorder } = this.#options
    const { told } = this.#observed
    this.#begun = performance.now()
    try {
      await joinAgents({
        agents,
        way,
        kind,
        trickle,
        onDescription: (side, description) => {
          const text = 'sdp' in description ? description.sdp : `${JSON.stringify(description, null, 2)}\n`
          this.descriptions['sdp' in description ? `${side}.sdp` : `${side}.json`] = text
          recorder.connection(side).event('description', text)
        },
        onCandidate: (side, candidate) => {
          // Behind the last media description, which is the only one.
          const name = `${side}.sdp`
          const text = this.descriptions[name]
          if (text !== undefined) this.descriptions[name] = `${text.trimEnd()}\r\na=${candidate}\r\n`
        },
      })
      const isOver = () => tapSides.some((side) => told[side].fault !== undefined || told[side].ice.includes('failed'))
      const isSettled = () => isOver() || tapSides.every((side) => told[side].open)
      const { hopeless } = this.#patience
      await this.#until(isSettled, hopeless)
      // Where no check has come through the NATs by then, none will.
      const asked = this.#observed.seen.filter(({ kind }) => kind === 'request')
      const isHopeless = asked.length > 0 && asked.every(({ dropped }) => dropped)
      if (!isSettled() && !isHopeless) await this.#until(isSettled, this.#patience.connect - hopeless)
      if (tapSides.every((side) => told[side].open)) {
        this.#connectedMs = performance.now() - this.#begun
        await this.#talk()
      }
    } catch (error) {
      if (!(error instanceof JoinError)) throw error
      this.#observed.joining = { side: error.side, message: error.message }
    }
    return judgeStages(this.#observed)
  }

  /** From the first verb to messages that could be sent both ways, milliseconds; undefined where it did not come so far. */
  get connectedMs(): number | undefined {
    return this.#connectedMs
  }

  /** What was seen between the two. */
  get seen(): readonly SeenDatagram[] {
    return this.#observed.seen
  }

  async #talk() {
    await this.#exchange(1, messages / 2)
    const since = epochMicroseconds()
    this.#observed.exchangedAt = since
    await this.#until(() => settled(this.#observed, since), this.#patience.consent)
    await this.#exchange(messages / 2 + 1, messages)
  }

  /** Sends messages both ways, and waits until they have come. */
  async #exchange(first: number, last: number) {
    const { told } = this.#observed
    await Promise.all(tapSides.map((side) => this.#send(side, first, last)))
    const came = (to: TapSide, from: TapSide) => told[from].sent.every((one) => told[to].received.includes(one))
    await this.#until(() => came('controlled', 'controlling') && came('controlling', 'controlled'), this.#patience.data)
  }

  async #send(side: TapSide, first: number, last: number) {
    const own = this.#observed.told[side]
    for (let number = first; number <= last; number++) {
      // Its first letter keeps demultiplexers from taking it for something else (RFC 7983 §7).
      const text = `psst ${number} of the ${side} agent`
      try {
        await this.#options.agents[side].agent.send(text)
        own.sent.push(text)
      } catch (error) {
        own.fault ??= error instanceof Error ? error.message : String(error)
        return
      }
    }
  }

  #listen(side: TapSide) {
    const { agent } = this.#options.agents[side]
    const own = this.#observed.told[side]
    const record = this.#options.recorder.connection(side)
    agent.onEvent((event) => {
      record.event(event.event, JSON.stringify(event.params))
      note(own, event)
      this.#look()
    })
    agent.driver.exited.then((exit) => {
      own.fault ??= exit.reason ?? (exit.signal ? `it was ended by ${exit.signal}` : `it exited with code ${exit.code}`)
      this.#look()
    })
  }

  #look() {
    for (const wait of this.#waits) wait()
  }

  /** Resolves when the condition holds, or its time is over. */
  #until(condition: () => boolean, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (condition()) done()
      }
      const done = () => {
        clearTimeout(timer)
        this.#waits.delete(look)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.#waits.add(look)
      look()
    })
  }
}

function note(own: ToldByAgent, { event, params }: DriverEvent) {
  if (event === 'ice') own.ice.push(String(params.state))
  if (event === 'dtls') own.dtls.push(String(params.state))
  if (event === 'open') own.open = true
  if (event === 'data') own.received.push(String(params.data))
}
