import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeStun } from '../../wire/stun/encode-stun.ts'
import { looksLikeStun } from '../../wire/stun/stun-message.ts'
import type { Manifest, Variant } from '../implementation.ts'
import { type Death, LabError } from '../lab.ts'
import { docker } from './client.ts'
import { configurationOf, packageOf } from './configuration.ts'
import { ensureImage } from './images.ts'
import { LabContainer } from './lab-container.ts'
import { ownLabels } from './labels.ts'
import { LogFollower } from './log-follower.ts'
import { createNetwork } from './network.ts'
import { reachesContainers } from './reach.ts'

export interface StartTurnServerOptions {
  manifest: Manifest
  variant: Variant
  runId: string
  cellId: string
  /** Folder for the server's log. */
  scratchDir: string
  onProgress?: (line: string) => void
}

/** A TURN server in a container on a private network, which this machine is on as well. */
export interface RunningTurnServer extends AsyncDisposable {
  readonly server: { address: string; port: number }
  /** Address of this machine on the server's network. */
  readonly ownAddress: string
  readonly provenance: Record<string, string>
  onDeath(listener: (death: Death) => void): void
  restart(): Promise<void>
  log(from: number, to: number): Promise<string>
  /** Whether it answers a Binding request. */
  answers(timeoutMs: number): Promise<boolean>
}

const port = 3478
const readyTimeoutMs = 30_000
const askEveryMs = 100

/** Starts a TURN server of an image with the account of its configuration. Throws LabError; nothing stays behind then. */
export async function startTurnServer(options: StartTurnServerOptions): Promise<RunningTurnServer> {
  const { manifest, variant, runId, cellId, scratchDir, onProgress } = options
  const name = `${manifest.id} ${variant.version}`
  if (variant.source.kind !== 'image') throw new LabError(`${name} does not come as an image`)
  if (!(await reachesContainers())) {
    throw new LabError(`${name} relays on ports of its own container, which only an engine of this machine shows`)
  }
  const { context, buildArgs } = variant.source
  const image = await ensureImage(context, buildArgs, onProgress ? { onProgress } : {})
  await mkdir(scratchDir, { recursive: true })
  await using stack = new AsyncDisposableStack()
  const owner = { runId, cellId }
  const log = new LogFollower(join(scratchDir, `${cellId.replace(/[^\w.-]/g, '_')}.log`))
  stack.defer(() => log.close())
  try {
    const network = stack.use(await createNetwork(owner))
    const container = await new LabContainer(image.tag, {
      labels: ownLabels(owner, 'iut'),
      logs: 'kept',
      network: { name: network.name, aliases: [] },
      ready: (id) => log.follow(id),
    }).start()
    const engineContainer = docker().getContainer(container.getId())
    stack.defer(() => engineContainer.remove({ force: true, v: true }).catch(() => {}))
    const server = { address: container.getIpAddress(network.name), port }
    const becomesReady = async () => {
      const until = Date.now() + readyTimeoutMs
      while (!(await answersBinding(server, askEveryMs))) {
        if (Date.now() > until) throw new LabError(`${name} answers nothing`, { log: log.tail() })
      }
    }
    await becomesReady()

    const listeners: ((death: Death) => void)[] = []
    let watching = 0
    const watch = () => {
      const mine = ++watching
      engineContainer.wait().then(
        ({ StatusCode }: { StatusCode: number }) => {
          if (mine !== watching) return
          for (const listener of listeners) listener({ at: Date.now(), reason: `exited with ${StatusCode}` })
        },
        () => {},
      )
    }
    watch()
    stack.defer(() => void watching++)
    const ownAddress = await network.gateway()
    const provenance = {
      image: image.tag,
      imageId: image.id,
      package: await packageOf(container.getId()),
      configuration: await configurationOf(context),
    }
    const resources = stack.move()
    return {
      server,
      ownAddress,
      provenance,
      onDeath: (listener) => void listeners.push(listener),
      restart: async () => {
        watching++
        await engineContainer.kill().catch(() => {})
        await engineContainer.start()
        await log.follow(container.getId())
        await becomesReady()
        watch()
      },
      log: (from, to) => log.slice(from, to),
      answers: (timeoutMs) => answersBinding(server, timeoutMs),
      [Symbol.asyncDispose]: () => resources.disposeAsync(),
    }
  } catch (cause) {
    if (cause instanceof LabError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new LabError(`${name} does not start: ${message}`, { cause, log: log.tail() })
  }
}

/** Asks for a Binding, which needs no credentials (RFC 8489 §6.3.1). */
function answersBinding(server: { address: string; port: number }, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const timer = setTimeout(() => end(false), timeoutMs)
    const end = (answered: boolean) => {
      clearTimeout(timer)
      socket.close()
      resolve(answered)
    }
    socket.on('error', () => {})
    socket.on('message', (bytes) => looksLikeStun(bytes) && end(true))
    const request = encodeStun({ class: 'request', method: 1, transactionId: randomBytes(12) })
    socket.send(request, server.port, server.address, () => {})
  })
}
