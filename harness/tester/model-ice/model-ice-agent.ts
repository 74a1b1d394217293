import {
  type ClientDriver,
  DriverError,
  type DriverEvent,
  type DriverExit,
  driverCodes,
} from '../../lab/embedded/client-driver.ts'
import { decodeStun } from '../../wire/stun/stun-message.ts'
import { checkable, formatCandidate, parseCandidate } from '../ice-peer/ice-candidate.ts'
import { describedBy, type IceDescription } from '../ice-peer/ice-description.ts'
import { IceEngine } from '../ice-peer/ice-engine.ts'
import type { IceMistake } from '../ice-peer/ice-mistakes.ts'
import type { IceRole } from '../ice-peer/judge-message.ts'
import { mediaOf, peerSdp } from '../ice-peer/peer-sdp.ts'
import { modelDescription, modelSdp } from './model-description.ts'

type Params = Record<string, unknown>

/** Milliseconds between the first flights of its DTLS, which nobody answers. */
const dtlsEveryMs = 200

/** How long what it trickles takes, milliseconds. */
const gatherMs = 30

/** Begins like a DTLS 1.2 ClientHello (RFC 6347 §4.1), and goes no further. */
const hello = Buffer.concat([Buffer.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 1]), Buffer.alloc(15)])

/** An ICE agent of our own as drivers/PROTOCOL.md has it, in this process: right but for the mistakes that it is told to make. */
export class ModelIceAgent implements ClientDriver {
  readonly exited: Promise<DriverExit>
  readonly stderr = ''
  readonly #makes: (mistake: IceMistake) => boolean
  readonly #died: (exit: DriverExit) => void
  readonly #early: DriverEvent[] = []
  #listener: ((event: DriverEvent) => void) | undefined
  #engine: IceEngine | undefined
  #kind = 'raw-ice'
  #role: IceRole = 'controlled'
  #trickle = false
  #mid = '0'
  #dtls: NodeJS.Timeout | undefined
  #gathering: NodeJS.Timeout | undefined
  #dead = false
  #came = 0

  constructor(mistakes: readonly IceMistake[] = []) {
    this.#makes = (mistake) => mistakes.includes(mistake)
    const { promise, resolve } = Promise.withResolvers<DriverExit>()
    this.exited = promise
    this.#died = resolve
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#listener = listener
    for (const event of this.#early.splice(0)) listener(event)
  }

  async request(verb: string, params: Params = {}): Promise<unknown> {
    if (this.#dead) throw new Error('the driver is gone: exited with code 1')
    const known = this.#verbs[verb]
    if (!known) throw new DriverError(`there is no verb "${verb}"`, driverCodes.methodNotFound)
    return (await known(params)) ?? null
  }

  async end(): Promise<void> {
    this.#dead = true
    clearInterval(this.#dtls)
    clearTimeout(this.#gathering)
    await this.#engine?.close()
    this.#died({ code: 0, signal: null })
  }

  readonly #verbs: Record<string, (params: Params) => unknown> = {
    initialize: () => ({
      name: 'model',
      verbs: Object.keys(this.#verbs),
      events: ['ice', 'candidate', 'gathered', 'open', 'data'],
    }),
    alive: () => null,
    start: (params) => this.#start(params),
    describe: () => this.#describe(),
    remote: ({ description }) => this.#remote(description as Params),
    candidate: ({ candidate }) => this.#candidate(String(candidate)),
    'end-of-candidates': () => this.#engine?.endOfRemoteCandidates(),
    send: ({ data }) => this.#send(String(data)),
    restart: () => {
      this.#engine?.restart()
      return this.#describe()
    },
    close: () => this.#engine?.close(),
  }

  async #start({ role, kind, trickle, lite }: Params) {
    this.#kind = String(kind)
    this.#role = role as IceRole
    this.#trickle = trickle === true
    this.#engine = await IceEngine.open({
      role: this.#role,
      lite: lite === true,
      makes: this.#makes,
      onState: (state) => this.#state(state),
      onDatagram: ({ direction, bytes }) => direction === 'received' && this.#mayDie(bytes),
      onData: (bytes) => this.#data(bytes),
    })
  }

  #describe(): Params {
    const engine = this.#engine
    if (!engine) throw new DriverError('describe before start', driverCodes.failed)
    const whole = modelDescription(engine, this.#makes)
    const told = this.#trickle ? { ...whole, candidates: [], endOfCandidates: false } : whole
    if (this.#trickle) this.#gathering = setTimeout(() => this.#gather(whole), gatherMs)
    if (this.#kind === 'raw-ice') {
      const { ufrag, pwd, lite, options } = told
      return { ufrag, password: pwd, lite, options, candidates: told.candidates.map(formatCandidate) }
    }
    const type = this.#role === 'controlling' ? 'offer' : 'answer'
    const kind = this.#kind === 'audio' ? 'audio' : 'data-channel'
    return { type, sdp: modelSdp(peerSdp(type, kind, told, this.#mid), this.#makes) }
  }

  #gather({ candidates }: IceDescription) {
    const more = this.#makes('tells-a-candidate-twice') ? [...candidates, ...candidates] : candidates
    const tellAll = () => {
      for (const one of more) this.#tell('candidate', { candidate: formatCandidate(one), mid: this.#mid, index: 0 })
    }
    const end = () => {
      if (!this.#makes('tells-no-end-of-candidates')) this.#tell('gathered')
    }
    if (this.#makes('tells-candidates-after-the-end')) end()
    tellAll()
    if (!this.#makes('tells-candidates-after-the-end')) end()
  }

  #remote(params: Params) {
    const engine = this.#engine
    const read = readRemote(params, this.#trickle)
    if (!engine || !read) throw new DriverError('that is no description', driverCodes.failed)
    if (typeof params.sdp === 'string') {
      this.#mid = mediaOf(params.sdp).mid
      if (this.#makes('needs-default-destination') && /^c=IN IP4 (0\.0\.0\.0|[a-z])/m.test(params.sdp)) {
        throw new DriverError('no default destination', driverCodes.failed)
      }
    }
    if (this.#makes('needs-ice2') && !read.options.includes('ice2')) {
      throw new DriverError('a peer of RFC 5245', driverCodes.failed)
    }
    if (engine.remote && engine.remote.ufrag !== read.ufrag) {
      if (this.#makes('ignores-restart')) return
      engine.restart()
    }
    const odd = typeof params.sdp === 'string' ? oddLines(params.sdp) : []
    if (this.#makes('dies-of-odd-candidates') && odd.length > 0) return this.#die()
    engine.setRemote(read)
    if (this.#makes('sends-data-before-consent')) engine.send(hello)
  }

  #candidate(line: string) {
    const engine = this.#engine
    if (this.#makes('ignores-trickled')) return
    const candidate = parseCandidate(line)
    if (!candidate) {
      if (this.#makes('dies-of-odd-candidates')) this.#die()
      throw new DriverError('that is no candidate', driverCodes.invalidParams)
    }
    const ufrag = candidate.extensions.find(([name]) => name === 'ufrag')?.[1]
    const other = ufrag !== undefined && ufrag !== engine?.remote?.ufrag
    if (other && !this.#makes('takes-candidates-of-other-generation')) return
    if (this.#makes('starts-anew-with-each-candidate')) engine?.forget()
    engine?.addRemoteCandidate(candidate)
  }

  #send(data: string) {
    const engine = this.#engine
    if (!engine?.send(Buffer.from(data))) throw new DriverError('there is no pair to send on', driverCodes.failed)
  }

  #state(state: string) {
    this.#tell('ice', { state })
    if (state === 'connected') {
      this.#tell('open')
      if (this.#engine?.role === 'controlling') this.#tell('ice', { state: 'completed' })
    }
    if (state === 'checking') {
      clearInterval(this.#dtls)
      if (this.#kind !== 'raw-ice') this.#dtls = setInterval(() => this.#engine?.send(hello), dtlsEveryMs)
    }
    if (state === 'failed' && !this.#makes('ignores-lost-consent')) clearInterval(this.#dtls)
  }

  #data(bytes: Uint8Array) {
    const text = Buffer.from(bytes).toString()
    if (/^[p-z]/.test(text)) this.#tell('data', { data: text })
  }

  #mayDie(bytes: Uint8Array) {
    this.#came++
    const message = decodeStun(bytes)
    const broken = message.kind === 'malformed'
    const causes: Partial<Record<IceMistake, boolean>> = {
      'dies-of-noise': (bytes[0] ?? 0) > 3,
      'dies-of-malformed': broken && bytes.length > 0,
      'dies-of-empty-datagrams': bytes.length === 0,
      'dies-of-long-messages': bytes.length > 1_500,
      'dies-of-flood': this.#came > 500,
      'dies-of-indications': !broken && message.class === 'indication',
      'dies-of-error-without-code':
        !broken &&
        message.class === 'error' &&
        !message.attributes.some(({ type, value }) => type === 9 && value.length >= 4),
    }
    for (const [mistake, met] of Object.entries(causes))
      if (met && this.#makes(mistake as IceMistake)) return this.#die()
  }

  #die() {
    this.#dead = true
    void this.#engine?.close()
    clearInterval(this.#dtls)
    this.#died({ code: 1, signal: null })
  }

  #tell(event: string, params: Params = {}) {
    if (this.#dead) return
    if (this.#listener) this.#listener({ event, params })
    else this.#early.push({ event, params })
  }
}

function readRemote(params: Params, trickle: boolean): IceDescription | undefined {
  if (typeof params.sdp === 'string') {
    const read = describedBy(params.sdp)
    return read && { ...read, endOfCandidates: read.endOfCandidates || !trickle }
  }
  const { ufrag, password, lite, options, candidates } = params
  if (typeof ufrag !== 'string' || typeof password !== 'string') return undefined
  const lines = Array.isArray(candidates) ? candidates.map(String) : []
  return {
    ufrag,
    pwd: password,
    lite: lite === true,
    options: Array.isArray(options) ? options.map(String) : [],
    candidates: lines.map(parseCandidate).filter((one) => one !== undefined),
    endOfCandidates: !trickle,
  }
}

/** Candidate lines that break the grammar, or the bounds of what it holds. */
const oddLines = (sdp: string) =>
  sdp.split(/\r?\n/).filter((line) => {
    if (!line.startsWith('a=candidate:')) return false
    const candidate = parseCandidate(line)
    return !candidate || !checkable(candidate) || candidate.foundation.length > 32
  })
