import type { PacketSource } from '../wire/captured-packet.ts'
import type { Variant } from './implementation.ts'

export type { CapturedPacket, PacketSource } from '../wire/captured-packet.ts'

/** An account on a server under test. */
export interface Account {
  jid: string
  local: string
  domain: string
  password: string
}

/** Where a server under test listens, as seen from the tester. */
export interface ServerEndpoints {
  /** Address that the tester connects to (an IP address or a host name). */
  host: string
  /** Port for TCP with STARTTLS (RFC 6120). */
  starttls?: number
  /** Port for direct TLS (XEP-0368). */
  directTls?: number
  /** Address for direct TLS, where it is another than `host`. */
  directTlsHost?: string
  /** ws: or wss: URL (RFC 7395). */
  websocket?: string
  /** The XMPP domain that accounts live in. */
  domain: string
  /** Domains of the services, where the lab configured them; otherwise they are found by disco. */
  services: { muc?: string; pubsub?: string; upload?: string }
  /** Local parts of accounts that may make nodes on the pubsub service, where not everybody may. */
  nodeOwners?: string[]
  /** True where the lab started the server and made its accounts. */
  ours?: boolean
  /** PEM of the CA that signed the server's certificate; undefined: the system's own. */
  ca?: string
}

/** Why an implementation under test went away in mid-run. */
export interface Death {
  /** Epoch milliseconds. */
  at: number
  reason: string
}

/** A server under test that runs: started, ready to accept streams. */
export interface RunningServer extends AsyncDisposable {
  readonly endpoints: ServerEndpoints
  /** Packets seen beside the IUT; undefined where nothing can be captured (a target elsewhere). */
  readonly packets?: PacketSource
  /**
   * What provenance needs: image id and digest, versions of the package, the configuration used; after disposal also
   * `capture`, where packets were lost.
   */
  readonly provenance: Record<string, string>
  /**
   * Accounts that are there from the start and that nobody has used, where the server takes long to make one. Each may be
   * handed out once; when they are all gone, or where there are none, `addAccounts` makes more.
   */
  readonly pool?: Account[]
  /** Makes accounts, many in one go. Throws LabError. */
  addAccounts(accounts: Account[]): Promise<void>
  /** Called when the IUT dies without having been asked to. May be called again after a restart. */
  onDeath(listener: (death: Death) => void): void
  /** Starts the IUT again after a death or a hang; resolves when it accepts streams. Accounts are kept. */
  restart(): Promise<void>
  /** The IUT's own log between two epoch milliseconds. */
  log(from: number, to: number): Promise<string>
}

/** A fault of the environment (Docker, ports, disk): verdict `error`, never counted against the IUT. */
export class LabError extends Error {
  override name = 'LabError'
  /** Long text behind the message, e.g. the build log of an image. */
  readonly log: string | undefined
  constructor(message: string, options: { cause?: unknown; log?: string } = {}) {
    super(message, { cause: options.cause })
    this.log = options.log
  }
}

/** How a docker implementation of role xmpp-server is started and looked after: drivers/<id>/driver.ts. */
export interface XmppServerDriver {
  /** Environment variables of the container. The lab mounts the test CA and the server's certificate under /pki. */
  environment(variant: Variant, domain: string): Record<string, string>
  /** A line of the container's log that says it accepts streams. */
  readyLine: RegExp
  ports: { starttls: number; directTls?: number; websocket?: { port: number; path: string; tls: boolean } }
  services(domain: string, variant: Variant): ServerEndpoints['services']
  /** Local parts of accounts that the configuration lets make pubsub nodes, where it does not let everybody. */
  nodeOwners?(variant: Variant): string[]
  /** Accounts that the image was built with, where making one takes long. */
  pool?(variant: Variant): { local: string; password: string }[]
  /** Whether accounts made a moment ago may be gone after a kill: the lab then makes them again. */
  forgetsAccounts?: boolean
  /** Makes accounts through the container. Accounts that are there already are no fault. */
  addAccounts(container: ContainerHandle, accounts: Account[]): Promise<void>
}

/** What a driver may do with its container. */
export interface ContainerHandle {
  /** Address of the container on the lab's network. */
  readonly address: string
  /** Runs a command inside; resolves with its output, throws LabError when it exits non-zero. */
  exec(command: string[], options?: { input?: string; timeoutMs?: number }): Promise<string>
}
