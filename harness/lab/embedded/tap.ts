import { type AddressInfo, createServer } from 'node:net'
import type { CapturedPacket, PacketSource } from '../../wire/captured-packet.ts'
import type { Endpoint } from '../../wire/ip/address.ts'
import { linkTypes } from '../../wire/link-type.ts'
import { LabError } from '../lab.ts'
import { TapConnection, type TapDirectionName } from './tap-connection.ts'
import type { DirectionFaults } from './tap-direction.ts'

export interface TapOptions {
  /** Where connections are relayed to. */
  target: { host: string; port: number }
  /** Where the tap listens; a free port of 127.0.0.1 by default. */
  listen?: { host?: string; port?: number }
  /** Port of the server in the capture, so that a dissector knows it (5222); by default the target's. */
  shownPort?: number
  faults?: Partial<Record<TapDirectionName, DirectionFaults>>
}

/** A connection as the tap's capture shows it. */
export interface TapFlow {
  client: Endpoint
  server: Endpoint
}

/** A TCP relay that runs, with a capture of what goes through it. */
export interface Tap extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Packets of every connection as they would be seen beside the client, between it and the tap's address. */
  readonly packets: PacketSource
  /** Connections open now. */
  readonly connections: number
  /**
   * The flow in the capture of the connection that reaches the target from this port: what the target sees as
   * `remotePort`. Undefined where there is none, or it ended more than 1024 connections ago.
   */
  flowFrom(outboundPort: number): TapFlow | undefined
  /** Replaces the faults of a direction, for connections that are open as well as for those to come. */
  setFaults(direction: TapDirectionName, faults: DirectionFaults): void
  /** Lets nothing pass in this direction until `resume`, on any connection. */
  hold(direction: TapDirectionName): void
  resume(direction: TapDirectionName): void
  /** Cuts every connection (RST to both sides); the tap goes on listening. */
  cut(): void
  /** Stops listening and cuts what is open. Resolves when every socket is gone. */
  close(): Promise<void>
}

/** How many connections that are over are still known by their port. */
const rememberedFlows = 1024

/**
 * Starts a tap: relays TCP both ways, with back-pressure, half-close and resets kept, and makes the packets of each
 * connection. Throws LabError where it cannot listen.
 */
export async function createTap({
  target,
  listen = {},
  shownPort = target.port,
  faults = {},
}: TapOptions): Promise<Tap> {
  const current = { clientToServer: { ...faults.clientToServer }, serverToClient: { ...faults.serverToClient } }
  const held = { clientToServer: false, serverToClient: false }
  const listeners: ((packet: CapturedPacket) => void)[] = []
  const connections = new Set<TapConnection>()
  const flows = new Map<number, TapFlow>()
  const emit = (packet: CapturedPacket) => {
    for (const listener of listeners) listener(packet)
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    // A client that is gone before it is accepted has no address, and nothing to relay.
    if (client.remoteAddress === undefined) {
      client.destroy()
      return
    }
    const connection: TapConnection = new TapConnection({
      client,
      target,
      shownPort,
      faults: current,
      held,
      emit,
      connected: (port) => remember(flows, port, connection.flow),
      closed: () => connections.delete(connection),
    })
    connections.add(connection)
  })
  const host = listen.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new LabError(`the tap cannot listen on ${host}:${listen.port ?? 0}: ${cause.message}`, { cause }))
    })
    server.listen(listen.port ?? 0, host, resolve)
  })

  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const connection of connections) connection.abort()
    await closed
  }
  return {
    host,
    port: (server.address() as AddressInfo).port,
    packets: { linkType: linkTypes.raw, onPacket: (listener) => listeners.push(listener) },
    get connections() {
      return connections.size
    },
    flowFrom(outboundPort) {
      for (const connection of connections) if (connection.outboundPort === outboundPort) return connection.flow
      return flows.get(outboundPort)
    },
    setFaults(direction, next) {
      const faults: Record<string, unknown> = current[direction]
      for (const name of Object.keys(faults)) delete faults[name]
      Object.assign(faults, next)
    },
    hold(direction) {
      held[direction] = true
      for (const connection of connections) connection.direction(direction).hold()
    },
    resume(direction) {
      held[direction] = false
      for (const connection of connections) connection.direction(direction).resume()
    },
    cut() {
      for (const connection of connections) connection.abort()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function remember(flows: Map<number, TapFlow>, port: number, flow: TapFlow): void {
  flows.delete(port)
  flows.set(port, flow)
  const [oldest] = flows.keys()
  if (oldest !== undefined && flows.size > rememberedFlows) flows.delete(oldest)
}
