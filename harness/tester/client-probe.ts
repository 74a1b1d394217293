import { randomBytes } from 'node:crypto'
import {
  type ClientDriver,
  DriverError,
  type DriverEvent,
  type DriverExit,
  driverCodes,
} from '../lab/embedded/client-driver.ts'
import type { Canary, ClientUnderTest, LoginAs, LoginOutcome } from '../suite/client-fixtures.ts'
import { ExpectationError, HarnessError, Inconclusive, Unsupported } from '../suite/verdict-errors.ts'
import { epochMicroseconds } from '../wire/epoch-clock.ts'
import { bounds, ClientPatience, looks } from './client-patience.ts'
import { Inbox, type WaitOptions } from './inbox.ts'
import type { ConnectionRecorder } from './recorder.ts'
import { ns } from './xmpp-client/namespaces.ts'
import { contactOf } from './xmpp-server/answer-iq.ts'
import { serviceUri } from './xmpp-server/listener.ts'
import type { ScriptedServer } from './xmpp-server/scripted-server.ts'
import type { ServerConnection } from './xmpp-server/server-connection.ts'

/** The client of one probe: its driver, what it told, and the server that it meets. */
export class ClientProbe implements ClientUnderTest {
  readonly address: string
  readonly port: number
  readonly #driver: ClientDriver
  readonly #server: ScriptedServer
  readonly #recorder: ConnectionRecorder
  readonly #service: string
  readonly #told: DriverEvent[] = []
  readonly #inbox = new Inbox<DriverEvent>(({ event, params }) => `${event} ${JSON.stringify(params)}`)
  readonly #log: string[] = []
  readonly #patience: ClientPatience
  #exit: DriverExit | undefined
  #ending = false
  #hostile = false
  /** How much it had told when this session began. */
  #since = 0

  /** @param where the client is to connect: the tap's address, or the server's own */
  constructor(
    driver: ClientDriver,
    server: ScriptedServer,
    recorder: ConnectionRecorder,
    where: { address: string; port: number },
  ) {
    const { address, port } = where
    this.address = address
    this.port = port
    this.#driver = driver
    this.#server = server
    this.#recorder = recorder
    this.#service = serviceUri(server.transport, address, port)
    this.#patience = new ClientPatience(driver, () => (server.deviated || this.#hostile ? bounds.hang : bounds.start))
    server.watch(() => this.#patience.changed())
    driver.onEvent((event) => this.#event(event))
    driver.exited.then((exit) => {
      this.#exit = exit
      if (!this.#ending) this.#note('exited', describeExit(exit))
      this.#inbox.end('its process is gone')
      this.#patience.changed()
    })
  }

  /** Everything that it told its user and printed. */
  get log(): string {
    const stderr = this.#driver.stderr.trim()
    return [...this.#log, ...(stderr ? ['--- standard error', stderr] : []), ''].join('\n')
  }

  /** Why what became of it is the lab's doing; undefined where it is its own. */
  get fault(): string | undefined {
    return this.#exit?.fault === 'lab' ? describeExit(this.#exit) : undefined
  }

  /** Where and as whom it is told to log in: the parameters of `login` (drivers/PROTOCOL.md). */
  get loginParameters() {
    const { account, domain, transport } = this.#server
    const { hostname, port } = new URL(this.#service)
    return {
      jid: account.jid,
      username: account.local,
      password: account.password,
      domain,
      transport,
      service: this.#service,
      host: hostname,
      port: Number(port),
    }
  }

  async login(as?: LoginAs): Promise<string> {
    const outcome = await this.attempt(as)
    if (outcome.kind !== 'online' || !this.#server.connection?.online) {
      throw new Inconclusive(`could not get as far as "the client logs in": ${outcome.kind} ${outcome.said}`.trim())
    }
    return this.#server.connection.jid ?? ''
  }

  async call(verb: string, params: Record<string, unknown> = {}): Promise<unknown> {
    this.#note('asked', `${verb} ${JSON.stringify(params)}`)
    try {
      const result = await this.#driver.request(verb, params)
      this.#note('answered', `${verb} ${JSON.stringify(result)}`)
      return result
    } catch (error) {
      this.#note('answered', `${verb}: ${error instanceof Error ? error.message : error}`)
      if (error instanceof DriverError && error.code === driverCodes.methodNotFound) {
        throw new Unsupported(`its driver has no verb "${verb}": the library leaves that to its user`)
      }
      if (error instanceof DriverError) throw error
      await this.#faulted(error)
      const how = this.#exit ? 'dies' : 'hangs'
      const actual = this.#exit
        ? `its process died (${describeExit(this.#exit)})`
        : 'it hangs: its process does not answer'
      throw new ExpectationError(`an answer to "${verb}"`, actual, how)
    }
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

  async canary(): Promise<Canary> {
    this.#hostile = true
    const word = `canary-${randomBytes(6).toString('hex')}`
    const connection = this.#server.connections.findLast((one) => one.jid !== undefined)
    if (!connection) throw new HarnessError('a canary before the client was online')
    const { domain } = this.#server
    const to = connection.jid ?? ''
    connection.say([
      `<message from='${contactOf(domain)}/balcony' to='${to}' type='chat' id='${word}-m'><body>${word}</body></message>`,
      `<iq from='${domain}' to='${to}' type='get' id='${word}'><query xmlns='${ns.discoInfo}'/></iq>`,
    ])
    const told = () => this.told('message', ({ body }) => body === word).length > 0
    const answered = () =>
      connection.received.some(({ name, attrs }) => name === 'iq' && attrs.id === word && attrs.type !== 'get')
    const state = (): Canary['kind'] | undefined => {
      if (this.#exit) return 'dies'
      if (closing(connection)) return 'closed'
      return told() && answered() ? 'alive' : undefined
    }
    const patience = () => (told() || answered() ? looks.afterError : looks.quiet)
    const settled = await this.#patience.settled<Canary['kind'], 'deaf'>(state, patience, 'deaf')
    const kind = settled === 'deaf' && (told() || answered()) ? 'alive' : await this.#confirmed(settled)
    this.#note('canary', kind)
    return { kind, said: this.#said() }
  }

  async closes(): Promise<Canary> {
    const connection = this.#server.connections.findLast((one) => one.jid !== undefined)
    if (!connection) throw new HarnessError('nothing to close: the client was never online')
    const ended = () => (closing(connection) ? 'closed' : undefined)
    const state = (): Canary['kind'] | undefined => {
      if (this.#exit) return 'dies'
      const unseen = connection.link.endsUnseen && !connection.footerSeen && !this.#failed()
      return unseen ? undefined : ended()
    }
    const settled = await this.#patience.settled<Canary['kind'], 'open'>(state, () => looks.quiet, 'open')
    const kind = await this.#confirmed(settled === 'open' ? (ended() ?? settled) : settled)
    this.#note('closes', kind)
    return { kind, said: this.#said() }
  }

  async quiet(): Promise<void> {
    await this.#patience.settled<never, 'quiet'>(
      () => undefined,
      () => looks.quiet,
      'quiet',
    )
  }

  async turn(): Promise<void> {
    await this.#patience.alive()
  }

  /** One that has closed or refused may be about to die of it; what it told before is here when its driver answers. */
  async #confirmed<K extends string>(kind: K): Promise<K | 'dies' | 'hangs'> {
    if (kind === 'dies' || kind === 'hangs') return kind
    // A rejection that nobody handles ends a process only after the turn in which it came up.
    for (let turn = 0; turn < 3; turn++) if (!(await this.#patience.alive())) return this.#exit ? 'dies' : 'hangs'
    return kind
  }

  /** Something passed on the wire. */
  readonly touch = (): void => {
    this.#patience.touch()
  }

  /** Ends the client. */
  async end(): Promise<void> {
    this.#ending = true
    await this.#driver.end()
    this.#inbox.end('the case is over')
  }

  async again(as: LoginAs = {}): Promise<LoginOutcome> {
    await this.call('logout')
    const gone = () => this.#server.connections.every(closing) || this.#exit !== undefined || undefined
    const closed = await this.#patience.settled<true, false>(gone, () => looks.quiet, false)
    if (closed !== true) throw new Inconclusive('could not get as far as "the client logs out"')
    // What it still has to tell of the old session is told.
    await this.turn()
    this.#since = this.#told.length
    return this.attempt(as)
  }

  async attempt({
    anonymous,
    certificate,
    byDomain = false,
    elsewhere = byDomain,
  }: LoginAs = {}): Promise<LoginOutcome> {
    const { jid, username, password, domain, ...place } = this.loginParameters
    const own = certificate ? { certificate: certificate.certPem, key: certificate.keyPem } : {}
    const who = anonymous ? { jid: domain } : { jid, username, password, ...own }
    await this.#ready()
    try {
      await this.#driver.request('login', { ...who, domain, ...(byDomain ? {} : place) })
    } catch (error) {
      await this.#faulted(error)
    }
    return this.#outcome(elsewhere)
  }

  async comesBack(): Promise<LoginOutcome> {
    const known = this.#server.arrivals
    for (const { link } of this.#server.connections) link.destroy()
    const arrived = () => this.#server.arrivals > known || this.#exit !== undefined || undefined
    if ((await this.#patience.settled<true, false>(arrived, () => looks.right, false)) !== true) {
      throw new Unsupported('it does not connect again by itself')
    }
    // That it lost the connection is told.
    this.#since = this.#told.length
    return this.#outcome()
  }

  /**
   * What comes of a session that is being made.
   *
   * @param elsewhere it may go on at another place, and tell of each that fails
   */
  async #outcome(elsewhere = false): Promise<LoginOutcome> {
    const state = (): LoginOutcome['kind'] | undefined => {
      if (this.#now('online').length > 0) return 'online'
      if (this.#exit) return 'dies'
      // One that only says that it is disconnected may be on its way to another host.
      if (elsewhere || this.#now('error').length === 0) return undefined
      return this.#server.connections.every(closing) ? 'refused' : undefined
    }
    const patience = () => {
      if (this.#failed()) return elsewhere ? looks.quiet : looks.afterError
      return this.#server.deviated ? looks.quiet : looks.right
    }
    const settled = await this.#patience.settled<LoginOutcome['kind'], 'silent'>(state, patience, 'silent')
    let kind = await this.#confirmed(settled === 'silent' && this.#failed() ? 'refused' : settled)
    if (kind === 'refused' && this.#now('online').length > 0) kind = 'online'
    const given = this.#now('online').at(-1)?.params.jid
    return { kind, said: this.#said(), ...(typeof given === 'string' ? { jid: given } : {}) }
  }

  /** Waits until its process answers. One that never did was not there to be asked: nothing is known of the client. */
  async #ready(): Promise<void> {
    try {
      await this.#driver.request('alive', {}, bounds.start)
    } catch (error) {
      if (error instanceof DriverError) return
      await this.#faulted(error)
      if (!this.#exit)
        throw new HarnessError(`its driver did not start: ${error instanceof Error ? error.message : error}`)
    }
  }

  /** A driver that answers `login` with an error told its user; one that does not answer hangs, or is on its way out. */
  async #faulted(error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof DriverError) return this.#event({ event: 'error', params: { message } })
    const leaving = new Promise<void>((resolve) => setTimeout(resolve, bounds.leave).unref())
    await Promise.race([this.#driver.exited, leaving])
    if (!this.#exit) this.#note('answered', message)
  }

  /** What it told of the session that is being made. */
  #now(event: string): DriverEvent[] {
    return this.#told.slice(this.#since).filter((one) => one.event === event)
  }

  #failed(): boolean {
    return this.#told
      .slice(this.#since)
      .some(({ event }) => event === 'error' || event === 'offline' || event === 'disconnected')
  }

  #event(event: DriverEvent) {
    this.#told.push(event)
    this.#note('told', `${event.event} ${JSON.stringify(event.params)}`)
    this.#inbox.push(event)
    this.#patience.changed()
  }

  #note(event: string, detail: string) {
    this.#recorder.event(event, detail.length > 2_000 ? `${detail.slice(0, 2_000)}…` : detail)
    this.#log.push(`${new Date(epochMicroseconds() / 1000).toISOString()} ${event} ${detail}`)
  }

  #said(): string {
    const errors = this.told('error').map(({ params }) => String(params.message ?? params.condition ?? 'an error'))
    const exit = this.#exit ? [describeExit(this.#exit), lastLine(this.#driver.stderr)].filter(Boolean) : []
    return [...new Set([...errors, ...exit])].slice(0, 4).join('; ').slice(0, 600)
  }
}

const closing = ({ open, footerSeen, received }: ServerConnection): boolean =>
  !open || footerSeen || received.some((element) => element.is('error', ns.streams))

const describeExit = ({ code, signal, reason }: DriverExit): string =>
  reason ?? (signal ? `ended by ${signal}` : `exit code ${code}`)

/** The line of a stack trace that names the error. */
function lastLine(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  return lines.find((line) => /^(\w*Error|Uncaught)\b/.test(line)) ?? lines.findLast((line) => line !== '') ?? ''
}
