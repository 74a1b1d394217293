import { connect } from 'node:net'
import { epochMicroseconds } from '../../wire/epoch-clock.ts'
import { type Endpoint, normalAddress } from '../../wire/ip/address.ts'
import { type Datagram, IceSocket } from '../ice-peer/ice-socket.ts'
import type { ConnectionRecorder } from '../recorder.ts'
import { TurnFraming } from './turn-framing.ts'

export type TurnTransport = 'udp' | 'tcp'

export interface TurnLinkOptions {
  transport: TurnTransport
  server: Endpoint
  /** Own address to send from. */
  address: string
  recorder: ConnectionRecorder
  /** Told of each whole message of the server. */
  onMessage(bytes: Uint8Array): void
  /** Told when the server ended the connection, or sent what cannot be read. */
  onEnd(reason: string): void
  /** Told of each datagram, for the capture. */
  onDatagram?: (datagram: Datagram) => void
}

/** The way between a TURN client and its server: one 5-tuple. */
export interface TurnLink {
  readonly local: Endpoint
  send(bytes: Uint8Array): void
  close(): Promise<void>
}

/** @throws Error when no port can be had, or the server takes no connection. */
export const openTurnLink = (options: TurnLinkOptions): Promise<TurnLink> =>
  options.transport === 'udp' ? openUdp(options) : openTcp(options)

async function openUdp({ server, address, recorder, onMessage, onDatagram }: TurnLinkOptions): Promise<TurnLink> {
  const socket = await IceSocket.open(address, (datagram) => {
    recorder.bytes(datagram.direction, datagram.bytes)
    onDatagram?.(datagram)
    if (datagram.direction === 'received') onMessage(datagram.bytes)
  })
  return { local: socket.local, send: (bytes) => socket.send(bytes, server), close: () => socket.close() }
}

async function openTcp({ server, address, recorder, onMessage, onEnd }: TurnLinkOptions): Promise<TurnLink> {
  const since = epochMicroseconds()
  const socket = connect({ host: server.address, port: server.port, localAddress: address, noDelay: true })
  const opened = Promise.withResolvers<void>()
  socket.once('connect', opened.resolve)
  socket.once('error', opened.reject)
  await opened.promise
  const framing = new TurnFraming()
  socket.on('error', (error) => onEnd(error.message))
  socket.on('close', () => onEnd('the server closed the connection'))
  socket.on('data', (chunk) => {
    recorder.bytes('received', chunk)
    try {
      for (const message of framing.push(chunk)) onMessage(message)
    } catch (error) {
      onEnd(error instanceof Error ? error.message : String(error))
      socket.destroy()
    }
  })
  const local = { address: normalAddress(socket.localAddress ?? address), port: socket.localPort ?? 0 }
  recorder.flow({
    localAddress: local.address,
    localPort: local.port,
    remoteAddress: server.address,
    remotePort: server.port,
    since,
  })
  return {
    local,
    send: (bytes) => {
      recorder.bytes('sent', bytes)
      socket.write(bytes)
    },
    close: async () => void socket.destroy(),
  }
}
