import { z } from 'zod'
import { type ClientDriver, DriverError, type DriverEvent } from './embedded/client-driver.ts'

/** What agents exchange when they are joined: nothing, messages of a data channel, sound (drivers/PROTOCOL.md). */
export const iceKinds = ['raw-ice', 'data-channel', 'audio'] as const
export type IceKind = (typeof iceKinds)[number]

export type IceRole = 'controlling' | 'controlled'

/** A STUN or TURN server, as W3C's RTCIceServer names it: `stun:HOST:PORT`, `turn:HOST:PORT?transport=tcp`. */
export interface IceServer {
  url: string
  username?: string
  credential?: string
}

export interface StartAgent {
  role: IceRole
  kind: IceKind
  trickle: boolean
  /** The one local address that is to be gathered on. */
  address?: string
  lite?: boolean
  relayOnly?: boolean
  servers?: IceServer[]
}

const rawDescription = z.object({
  ufrag: z.string(),
  password: z.string(),
  lite: z.boolean().optional(),
  options: z.array(z.string()).optional(),
  candidates: z.array(z.string()),
})
/** What an agent of ICE alone tells the other side. */
export type RawDescription = z.infer<typeof rawDescription>

const sdpDescription = z.object({ type: z.enum(['offer', 'answer']), sdp: z.string() })
/** What an agent that speaks SDP tells the other side. */
export type SdpDescription = z.infer<typeof sdpDescription>

const description = z.union([sdpDescription, rawDescription])
export type AgentDescription = z.infer<typeof description>

const candidate = z.object({ candidate: z.string(), mid: z.string().nullish(), index: z.number().nullish() })
/** A candidate as it is trickled: the value of SDP's attribute, with its name. */
export type TrickledCandidate = z.infer<typeof candidate>

const pair = z.object({ local: z.string(), remote: z.string() }).nullable()
const count = z.object({ packets: z.number(), bytes: z.number() })
const media = z.object({ sent: count, received: count })
export type MediaCounts = z.infer<typeof media>

/** Gathering may wait for servers that do not answer. Milliseconds. */
export const describePatienceMs = 15_000

/**
 * An ICE agent under test, by its driver's verbs (drivers/PROTOCOL.md, role ice-agent).
 * Every verb throws what `ClientDriver.request` throws, and Error where the answer has not the shape that it must have.
 */
export class IceAgent {
  readonly driver: ClientDriver
  readonly #listeners: ((event: DriverEvent) => void)[] = []
  readonly #past: DriverEvent[] = []

  constructor(driver: ClientDriver) {
    this.driver = driver
    driver.onEvent((event) => {
      this.#past.push(event)
      for (const listener of this.#listeners) listener(event)
    })
  }

  /** Everything that it has told so far, in order. */
  get events(): readonly DriverEvent[] {
    return this.#past
  }

  /** Called for every event, those that have come already too. */
  onEvent(listener: (event: DriverEvent) => void): void {
    for (const event of this.#past) listener(event)
    this.#listeners.push(listener)
  }

  /** Which verbs and events its driver has. */
  async initialize(): Promise<{ verbs: string[]; events: string[] }> {
    const shape = z.object({ verbs: z.array(z.string()), events: z.array(z.string()) })
    return read(shape, 'initialize', await this.driver.request('initialize', {}, describePatienceMs))
  }

  async start(how: StartAgent): Promise<void> {
    // A virtual machine loads half of its library here.
    await this.driver.request('start', { ...how }, describePatienceMs)
  }

  async describe(): Promise<AgentDescription> {
    return read(description, 'describe', await this.driver.request('describe', {}, describePatienceMs))
  }

  async remote(other: AgentDescription): Promise<void> {
    await this.driver.request('remote', { description: other })
  }

  async candidate(one: TrickledCandidate): Promise<void> {
    await this.driver.request('candidate', { ...one })
  }

  async endOfCandidates(): Promise<void> {
    await this.driver.request('end-of-candidates')
  }

  async send(data: string): Promise<void> {
    await this.driver.request('send', { data })
  }

  async media(): Promise<MediaCounts> {
    return read(media, 'media', await this.driver.request('media'))
  }

  async selected(): Promise<z.infer<typeof pair>> {
    return read(pair, 'selected', await this.driver.request('selected'))
  }

  async restart(): Promise<AgentDescription> {
    return read(description, 'restart', await this.driver.request('restart', {}, describePatienceMs))
  }

  async close(): Promise<void> {
    await this.driver.request('close')
  }
}

/** Reads the parameters of a `candidate` event; undefined of one that has not its shape. */
export const readTrickled = (params: Record<string, unknown>): TrickledCandidate | undefined =>
  candidate.safeParse(params).data

function read<T>(shape: z.ZodType<T>, verb: string, answer: unknown): T {
  const { data, success } = shape.safeParse(answer)
  if (success) return data
  throw new DriverError(`"${verb}" was answered with ${JSON.stringify(answer)?.slice(0, 300)}`, 0)
}
