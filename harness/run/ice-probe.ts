import { type ClientDriver, DriverError, type DriverEvent, driverCodes } from '../lab/embedded/client-driver.ts'
import type { IceKind } from '../lab/ice-agent.ts'
import type { Behaviour } from '../record/results-schema.ts'
import { ExpectationError, NothingCame, Unsupported } from '../suite/verdict-errors.ts'
import { bounds } from '../tester/client-patience.ts'
import { formatCandidate, type IceCandidate, parseCandidate } from '../tester/ice-peer/ice-candidate.ts'
import { describedBy, type IceDescription } from '../tester/ice-peer/ice-description.ts'
import { Inbox, type WaitOptions } from '../tester/inbox.ts'
import type { ConnectionRecorder } from '../tester/recorder.ts'

/** Gathering may wait for what does not answer, milliseconds. */
const describeMs = 15_000

const connectedStates = ['connected', 'completed']
const failedStates = ['failed', 'disconnected', 'closed']

/** The driver of an agent under test, with a memory of what it told. */
export class IceProbe {
  readonly kind: IceKind
  description: IceDescription = none()
  sdp: string | undefined
  /** Told of each candidate that is trickled. */
  onCandidate: (candidate: IceCandidate) => void = () => {}
  onGathered: () => void = () => {}
  readonly #driver: ClientDriver
  readonly #recorder: ConnectionRecorder
  readonly #behaved: (how: Behaviour) => void
  readonly #told: DriverEvent[] = []
  readonly #inbox = new Inbox<DriverEvent>(({ event, params }) => `${event} ${JSON.stringify(params).slice(0, 100)}`)
  readonly #log: string[] = []
  #gone: string | undefined
  #ending = false

  constructor(driver: ClientDriver, kind: IceKind, recorder: ConnectionRecorder, behaved: (how: Behaviour) => void) {
    this.#driver = driver
    this.kind = kind
    this.#recorder = recorder
    this.#behaved = behaved
    driver.onEvent((event) => this.#event(event))
    driver.exited.then(({ code, signal, reason }) => {
      if (this.#ending) return
      this.#gone = reason ?? (signal ? `ended by ${signal}` : `exit code ${code}`)
      this.#note('exited', this.#gone)
      this.#inbox.end(`its process died (${this.#gone})`)
    })
  }

  get log(): string {
    return [...this.#log, this.#driver.stderr].join('\n')
  }

  async call(verb: string, params: Record<string, unknown> = {}): Promise<unknown> {
    this.#note('asked', `${verb} ${JSON.stringify(params)}`)
    try {
      const result = await this.#driver.request(verb, params, patience[verb])
      this.#note('answered', `${verb} ${JSON.stringify(result)}`)
      return result
    } catch (error) {
      this.#note('answered', `${verb}: ${error instanceof Error ? error.message : error}`)
      if (error instanceof DriverError && error.code === driverCodes.methodNotFound) {
        throw new Unsupported(`its driver has no verb "${verb}"`)
      }
      if (error instanceof DriverError) throw error
      await this.#leaving()
      const how = this.#gone ? 'dies' : 'hangs'
      this.#behaved(how)
      throw new ExpectationError(
        `an answer to "${verb}"`,
        this.#gone ? `its process died (${this.#gone})` : 'it does not answer',
        how,
      )
    }
  }

  /** Asks it for its description, or for a new one, and keeps what it says. */
  async describe(verb: 'describe' | 'restart' = 'describe'): Promise<IceDescription> {
    const answer = (await this.call(verb)) as Record<string, unknown> | null
    const read = answer && readDescription(answer)
    if (!read)
      throw new Error(`"${verb}" was answered with what is no description: ${JSON.stringify(answer)?.slice(0, 300)}`)
    this.sdp = read.sdp
    // Candidates may have been trickled before the answer was read.
    const early = verb === 'describe' ? this.description.candidates : []
    this.description = { ...read.description, candidates: [...read.description.candidates, ...early] }
    return this.description
  }

  told(event: string, match: (params: Record<string, unknown>) => boolean = () => true): DriverEvent[] {
    return this.#told.filter((one) => one.event === event && match(one.params))
  }

  nextTold(
    event: string,
    match: (params: Record<string, unknown>) => boolean,
    wait: WaitOptions,
  ): Promise<DriverEvent> {
    return this.#inbox.next((one) => one.event === event && match(one.params), wait)
  }

  get events(): readonly DriverEvent[] {
    return this.#told
  }

  /** The ICE states that it told, without a `completed` that came before it had anything to complete. */
  get states(): string[] {
    const all = this.told('ice').map(({ params }) => String(params.state))
    const begun = all.findIndex((state) => state === 'checking' || state === 'connected')
    return all.filter((state, index) => state !== 'completed' || (begun >= 0 && index > begun))
  }

  get state(): string | undefined {
    return this.states.at(-1)
  }

  async connected(timeoutMs = 10_000): Promise<void> {
    await this.#reaches(connectedStates, 'that it says it is connected', timeoutMs)
  }

  async failed(timeoutMs = 10_000): Promise<void> {
    await this.#reaches(failedStates, 'that it says ICE failed', timeoutMs)
  }

  async gathered(): Promise<void> {
    if (this.told('gathered').length > 0) return
    await this.nextTold('gathered', () => true, { awaited: 'that it says gathering is over', timeoutMs: describeMs })
  }

  /** It is there and answers. */
  async survives(what: string): Promise<void> {
    const dead = () => new ExpectationError(`that it lives with ${what}`, `its process died (${this.#gone})`, 'dies')
    if (this.#gone) throw dead()
    try {
      await this.#driver.request('alive', {}, bounds.hang)
    } catch (error) {
      if (error instanceof DriverError) return
      await this.#leaving()
      throw this.#gone
        ? dead()
        : new ExpectationError(`that it lives with ${what}`, 'it does not answer any more', 'hangs')
    }
  }

  async candidate(candidate: IceCandidate | string): Promise<void> {
    const text = typeof candidate === 'string' ? candidate : formatCandidate(candidate)
    const place = this.kind === 'raw-ice' ? {} : { mid: this.mid, index: 0 }
    await this.call('candidate', { candidate: text, ...place })
  }

  /** The mid of the one media section, once a description was exchanged. */
  mid = '0'

  async end(): Promise<void> {
    this.#ending = true
    await this.#driver.end()
    this.#inbox.end('the case is over')
  }

  async #reaches(states: string[], awaited: string, timeoutMs: number): Promise<void> {
    if (this.state !== undefined && states.includes(this.state)) return
    // What was told is in `state` by the time that this is asked.
    const fits = () => this.state !== undefined && states.includes(this.state)
    try {
      await this.nextTold('ice', fits, { awaited, timeoutMs })
    } catch {
      if (this.#gone) throw new ExpectationError(awaited, `its process died (${this.#gone})`, 'dies')
      throw new NothingCame(awaited, `"${this.state ?? 'nothing'}" within ${timeoutMs} ms`)
    }
  }

  async #leaving(): Promise<void> {
    const rest = new Promise<void>((resolve) => setTimeout(resolve, 500).unref())
    await Promise.race([this.#driver.exited, rest])
  }

  #event(event: DriverEvent) {
    this.#told.push(event)
    this.#note('told', `${event.event} ${JSON.stringify(event.params)}`)
    this.#inbox.push(event)
    if (event.event === 'candidate') {
      const candidate = parseCandidate(String(event.params.candidate ?? ''))
      if (!candidate) return
      this.description.candidates.push(candidate)
      this.onCandidate(candidate)
    }
    if (event.event === 'gathered') this.onGathered()
  }

  #note(event: string, detail: string) {
    const short = detail.length > 4_000 ? `${detail.slice(0, 4_000)}…` : detail
    this.#recorder.event(event, short)
    this.#log.push(`${new Date().toISOString()} ${event} ${short}`)
  }
}

const patience: Record<string, number> = { start: bounds.start, describe: describeMs, restart: describeMs }

const none = (): IceDescription => ({
  ufrag: '',
  pwd: '',
  lite: false,
  options: [],
  candidates: [],
  endOfCandidates: false,
})

function readDescription(answer: Record<string, unknown>): { description: IceDescription; sdp?: string } | undefined {
  if (typeof answer.sdp === 'string') {
    const description = describedBy(answer.sdp)
    return description && { description, sdp: answer.sdp }
  }
  if (typeof answer.ufrag !== 'string' || typeof answer.password !== 'string') return undefined
  const lines = Array.isArray(answer.candidates) ? answer.candidates.map(String) : []
  return {
    description: {
      ufrag: answer.ufrag,
      pwd: answer.password,
      lite: answer.lite === true,
      options: Array.isArray(answer.options) ? answer.options.map(String) : [],
      candidates: lines.map(parseCandidate).filter((one) => one !== undefined),
      endOfCandidates: false,
    },
  }
}
