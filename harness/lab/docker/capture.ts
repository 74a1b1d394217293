import { PassThrough, type Readable } from 'node:stream'
import type { CapturedPacket, PacketSource } from '../../wire/captured-packet.ts'
import { PcapReader } from '../../wire/pcap/pcap-reader.ts'
import { LabError } from '../lab.ts'
import { docker } from './client.ts'
import { LabContainer } from './lab-container.ts'

/** What the capturing container is to be. */
export interface CaptureOptions {
  image: string
  /** Name of the lab's network. */
  network: string
  /** Names that other hosts of the network know this one by. */
  aliases: string[]
  labels: Record<string, string>
  /** Ports that the engine maps to the tester's machine, where that does not reach the container itself. */
  mappedPorts: number[]
  /** It is a router: it forwards what is not for itself, and may change its addresses and rules. */
  routes?: boolean
}

/**
 * A container that owns the network namespace of an IUT and captures what passes there. Since the IUT's container joins
 * it, the capture begins before the IUT does, and address and capture outlive a restart of the IUT.
 */
export interface Capture extends AsyncDisposable {
  readonly containerId: string
  /** IPv4 address on the lab's network. */
  readonly address: string
  /** Where the tester finds a port: the mapped one, or the port itself. */
  port(port: number): number
  readonly packets: PacketSource
  /** Ends the capture; the last packets come before it resolves. Says what was lost: '' when nothing was. */
  stop(): Promise<string>
}

const startTimeoutMs = 20_000

/** Starts a capture. Throws LabError when no capture header arrives. */
export async function startCapture(options: CaptureOptions): Promise<Capture> {
  const reader = new PcapReader()
  const listeners: ((packet: CapturedPacket) => void)[] = []
  const words = new PassThrough()
  const bytes = new PassThrough()
  let said = ''
  words.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000)
  })
  const started = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  bytes.on('data', (chunk: Buffer) => {
    for (const packet of reader.push(chunk)) for (const listener of listeners) listener(packet)
    if (reader.header) started.resolve()
  })

  const container = new LabContainer(options.image, {
    labels: options.labels,
    logs: 'none',
    network: { name: options.network, aliases: options.aliases },
    // Attached before it starts: nothing is lost.
    created: async (id) => {
      const stream = (await docker()
        .getContainer(id)
        .attach({ stream: true, stdout: true, stderr: true })) as unknown as Readable
      docker().modem.demuxStream(stream, bytes, words)
      const end = () => {
        started.reject(new LabError('The capture ended before it began', { log: said }))
        ended.resolve()
      }
      stream.on('end', end).on('close', end).on('error', end)
    },
    ready: () => started.promise,
  }).withStartupTimeout(startTimeoutMs)
  if (options.routes) container.routes()
  if (options.mappedPorts.length > 0) container.withExposedPorts(...options.mappedPorts)
  started.promise.catch(() => {})

  const running = await container.start()
  const containerId = running.getId()
  const engineContainer = docker().getContainer(containerId)
  return {
    containerId,
    address: running.getIpAddress(options.network),
    port: (port) => (options.mappedPorts.length > 0 ? running.getMappedPort(port) : port),
    packets: {
      get linkType() {
        return reader.header?.linkType ?? 1
      },
      onPacket: (listener) => void listeners.push(listener),
    },
    stop: async () => {
      await engineContainer.stop({ t: 2 }).catch(() => {})
      await ended.promise
      const dropped = Number(/(\d+) packets? dropped by kernel/.exec(said)?.[1] ?? 0)
      return [reader.end(), dropped > 0 ? `${dropped} packets dropped by the kernel` : undefined]
        .filter(Boolean)
        .join('; ')
    },
    [Symbol.asyncDispose]: async () => {
      await engineContainer.remove({ force: true, v: true }).catch(() => {})
    },
  }
}
