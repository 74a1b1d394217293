import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthority } from '../certificates.ts'
import type { Manifest, Variant } from '../implementation.ts'
import {
  type Account,
  type ContainerHandle,
  type Death,
  LabError,
  type RunningServer,
  type XmppServerDriver,
} from '../lab.ts'
import { acceptsStreams } from './accepts-streams.ts'
import { startCapture } from './capture.ts'
import { docker } from './client.ts'
import { configurationOf, packageOf } from './configuration.ts'
import { exec } from './exec.ts'
import { ensureImage } from './images.ts'
import { LabContainer } from './lab-container.ts'
import { ownLabels } from './labels.ts'
import { LogFollower } from './log-follower.ts'
import { createNetwork } from './network.ts'
import { reachesContainers } from './reach.ts'

export interface StartServerOptions {
  driver: XmppServerDriver
  manifest: Manifest
  variant: Variant
  runId: string
  cellId: string
  /** Folder for what is too much for memory, such as the IUT's log. Made when missing; the caller removes it. */
  scratchDir: string
  /** How much the IUT is to log. At `debug` some spend more time on the log than on the work; default `debug`. */
  logLevel?: 'debug' | 'info'
  /** Told what is going on: images being built. */
  onProgress?: (line: string) => void
}

const readyTimeoutMs = 60_000

/**
 * Starts a server under test in a lab of its own: a private network, a capture, the server with a certificate of a CA of
 * its own. Resolves when the server accepts streams. Throws LabError when it cannot be started (`log` holds why: the
 * build's or the server's log); nothing stays behind then.
 */
export async function startServer(options: StartServerOptions): Promise<RunningServer> {
  const { driver, manifest, variant, runId, cellId, scratchDir, logLevel = 'debug', onProgress } = options
  const name = `${manifest.id} ${variant.version}`
  if (variant.source.kind !== 'image') throw new LabError(`${name} does not come as an image`)
  const { context, buildArgs } = variant.source
  const progress = onProgress ? { onProgress } : {}
  const [image, captureImage, authority, direct] = await Promise.all([
    ensureImage(context, buildArgs, progress),
    ensureImage('tcpdump', {}, progress),
    createAuthority(),
    reachesContainers(),
    mkdir(scratchDir, { recursive: true }),
  ])

  const domain = `${manifest.id}.test`
  const services = driver.services(domain, variant)
  const names = [domain, ...['conference', 'pubsub', 'upload'].map((service) => `${service}.${domain}`)]
  const { starttls, directTls, websocket } = driver.ports
  const ports = [starttls, directTls, websocket?.port].filter((port) => port !== undefined)

  await using stack = new AsyncDisposableStack()
  const owner = { runId, cellId }
  const log = new LogFollower(join(scratchDir, `${cellId.replace(/[^\w.-]/g, '_')}.log`))
  stack.defer(() => log.close())
  try {
    const network = stack.use(await createNetwork(owner))
    const capture = stack.use(
      await startCapture({
        image: captureImage.tag,
        network: network.name,
        aliases: names,
        labels: ownLabels(owner, 'capture'),
        mappedPorts: direct ? [] : ports,
      }),
    )
    const host = direct ? capture.address : '127.0.0.1'
    const certificate = await authority.issue({ names, addresses: [...new Set([capture.address, '127.0.0.1'])] })
    const chain = certificate.certPem + authority.caPem

    /** Begun before the IUT runs, so that its first line counts. */
    const becomesReady = async (id: string) => {
      const gone = new AbortController()
      void docker()
        .getContainer(id)
        .wait()
        .then(
          () => gone.abort(new LabError(`${name} ended while it started`)),
          () => {},
        )
      const line = sawLine(log, driver.readyLine, gone.signal)
      // It may fail before it is awaited.
      line.catch(() => {})
      await log.follow(id)
      await line
      const accepting = { timeoutMs: readyTimeoutMs, signal: gone.signal }
      await acceptsStreams(host, capture.port(starttls), domain, accepting)
    }

    const container = await new LabContainer(image.tag, {
      labels: ownLabels(owner, 'iut'),
      logs: 'kept',
      ready: becomesReady,
    })
      .withNetworkMode(`container:${capture.containerId}`)
      .withEnvironment({ ASSAY_DOMAIN: domain, ASSAY_LOG_LEVEL: logLevel, ...driver.environment(variant, domain) })
      .withCopyContentToContainer(
        Object.entries({
          'ca.crt': authority.caPem,
          'server.crt': chain,
          'server.key': certificate.keyPem,
          'server.pem': certificate.keyPem + chain,
        }).map(([file, content]) => ({ content, target: `/pki/${file}`, mode: 0o644 })),
      )
      .withStartupTimeout(readyTimeoutMs)
      .start()
    const id = container.getId()
    const engineContainer = docker().getContainer(id)
    stack.defer(() => engineContainer.remove({ force: true, v: true }).catch(() => {}))

    const deathListeners: ((death: Death) => void)[] = []
    /** A death that came before anyone listened. */
    let unheard: Death | undefined
    /** Deaths that we bring about ourselves are nobody's news. */
    let watching = 0
    const watch = () => {
      const mine = ++watching
      engineContainer.wait().then(
        async () => {
          if (mine !== watching) return
          const death = { at: Date.now(), reason: await obituary(id) }
          if (mine !== watching) return
          if (deathListeners.length === 0) unheard = death
          for (const listener of deathListeners) listener(death)
        },
        () => {},
      )
    }
    watch()
    stack.defer(() => void watching++)

    const made: Account[] = []
    const handle: ContainerHandle = {
      address: capture.address,
      exec: (command, execOptions) => exec(id, command, execOptions),
    }
    const provenance: Record<string, string> = {
      image: image.tag,
      imageId: image.id,
      package: await packageOf(id),
      configuration: await configurationOf(context),
      logLevel,
    }
    const resources = stack.move()
    const dispose = async () => {
      watching++
      const [lost] = await Promise.all([
        capture.stop(),
        engineContainer.remove({ force: true, v: true }).catch(() => {}),
      ])
      if (lost) provenance.capture = lost
      await resources.disposeAsync()
    }
    let disposal: Promise<void> | undefined
    return {
      endpoints: {
        ours: true,
        host,
        starttls: capture.port(starttls),
        ...(directTls === undefined ? {} : { directTls: capture.port(directTls) }),
        ...(websocket === undefined
          ? {}
          : {
              websocket: `${websocket.tls ? 'wss' : 'ws'}://${host}:${capture.port(websocket.port)}${websocket.path}`,
            }),
        domain,
        services,
        ...(driver.nodeOwners === undefined ? {} : { nodeOwners: driver.nodeOwners(variant) }),
        ca: authority.caPem,
      },
      packets: capture.packets,
      provenance,
      ...(driver.pool === undefined
        ? {}
        : { pool: driver.pool(variant).map((account) => ({ ...account, domain, jid: `${account.local}@${domain}` })) }),
      addAccounts: async (accounts) => {
        await driver.addAccounts(handle, accounts)
        if (driver.forgetsAccounts) made.push(...accounts)
      },
      onDeath: (listener) => {
        deathListeners.push(listener)
        if (unheard) listener(unheard)
        unheard = undefined
      },
      restart: async () => {
        watching++
        try {
          await engineContainer.unpause().catch(() => {})
          await engineContainer.kill().catch(() => {})
          await engineContainer.wait()
          await engineContainer.start()
          await becomesReady(id)
          await driver.addAccounts(handle, made)
        } catch (cause) {
          throw new LabError(`${name} does not come back: ${messageOf(cause)}`, { cause, log: log.tail() })
        }
        watch()
      },
      log: (from, to) => log.slice(from, to),
      [Symbol.asyncDispose]: () => {
        disposal ??= dispose()
        return disposal
      },
    }
  } catch (cause) {
    if (cause instanceof LabError && cause.log) throw cause
    throw new LabError(`${name} does not start: ${messageOf(cause)}`, { cause, log: log.tail() })
  }
}

function sawLine(log: LogFollower, pattern: RegExp, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = log.onLine(({ text }) => {
      if (!pattern.test(text)) return
      stop()
      resolve()
    })
    signal.addEventListener('abort', () => {
      stop()
      reject(signal.reason)
    })
  })
}

async function obituary(id: string): Promise<string> {
  try {
    const { State } = await docker().getContainer(id).inspect()
    if (State.OOMKilled) return 'killed: out of memory'
    const signal = State.ExitCode > 128 ? ` (signal ${State.ExitCode - 128})` : ''
    return `exited with ${State.ExitCode}${signal}${State.Error ? `: ${State.Error}` : ''}`
  } catch {
    return 'its container is gone'
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
