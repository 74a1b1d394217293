import { DriverError, driverCodes } from '../lab/embedded/client-driver.ts'
import { UndrivenClient } from '../lab/embedded/undriven-client.ts'
import type { ScriptedServer } from '../tester/xmpp-server/scripted-server.ts'

/** What a person can be asked to do with a client, in words. */
const requests: Record<string, (params: Record<string, unknown>) => string> = {
  message: ({ to, body }) => `send a chat message to ${to} with the text ${body}`,
  logout: () => 'log out',
  carbons: () => 'switch message carbons on',
}

/** A client that a person works: `login` waits for it to connect, and what a case asks of it is told to the person. */
export class ClientByHand extends UndrivenClient {
  readonly stderr = ''
  readonly #ask: (what: string) => void
  readonly #stopped = Promise.withResolvers<void>()
  #server: ScriptedServer | undefined

  /** @param ask told what the person is to do */
  constructor(ask: (what: string) => void) {
    super()
    this.#ask = ask
  }

  /** Says which server it is to connect to. */
  meets(server: ScriptedServer): void {
    this.#server = server
  }

  override async request(verb: string, params: Record<string, unknown> = {}): Promise<unknown> {
    const words = requests[verb]
    if (!words) return super.request(verb, params)
    this.#ask(words(params))
    return null
  }

  async end(): Promise<void> {
    this.#stopped.resolve()
    this.gone({ code: 0, signal: null })
  }

  protected async begin(): Promise<void> {
    const server = this.#server
    if (!server) throw new DriverError('it has no server to connect to', driverCodes.failed)
    const connected = new Promise<void>((resolve) => {
      const look = () => server.arrivals > 0 && resolve()
      server.watch(look)
      look()
    })
    await Promise.race([connected, this.#stopped.promise])
  }
}
