import type Docker from 'dockerode'
import { LabError } from '../lab.ts'
import { docker } from './client.ts'
import { type LabOwner, ownLabels } from './labels.ts'
import { LaunchedDriver } from './launcher/launched-driver.ts'
import { Launcher, launcherCommand } from './launcher/launcher.ts'
import { createNetwork, type LabNetwork } from './network.ts'
import { reachesContainers } from './reach.ts'

export interface ClientLabOptions extends LabOwner {
  /** Name of the implementation, for messages. */
  name: string
  image: string
  /** What all its processes together may hold, bytes. */
  memoryBytes: number
  environment: Record<string, string>
  /** Addresses that the tester is to have, as many; one by default. */
  addresses?: number
  /** A network to be on in place of one of its own: there is no tester on it then. Whoever made it removes it. */
  network?: LabNetwork
  /** Whether the container reaches this machine by the network's gateway; by default it is found out. */
  direct?: boolean
}

/** Where the tester is to listen, and the IPv4 address under which the client finds that. */
export interface TesterAddress {
  listen: string
  seen: string
}

/** Answers a question to a name server, both as RFC 1035 §4 has them; '' where there is no such name. */
export type NameServer = (question: Uint8Array) => Promise<Uint8Array | ''>

/** Processes and threads that a container may have: enough for some browsers, too few to stop the machine. */
const mostProcesses = 4096
/** How often a container that goes is replaced. */
const mostRestarts = 20
/** How long after its streams a container's exit code may come, milliseconds. */
const obituaryMs = 1_000
/** The launcher is the name server of its container, and always answers: on a busy machine not at once. */
const resolverConfiguration = 'nameserver 127.0.0.1\noptions timeout:10 attempts:1\n'

interface Running {
  launcher: Launcher
  container: Docker.Container
}

/**
 * The lab of a client under test: a private network that leads to the tester and nowhere else, and one container on it,
 * in which each probe is a process of its own. A container that goes is replaced; the drivers in it are told that the lab
 * was at fault.
 */
export class ClientLab implements AsyncDisposable {
  readonly addresses: TesterAddress[] = []
  readonly #options: ClientLabOptions
  readonly #networks: LabNetwork[] = []
  readonly #files = new Map<string, string>([['/etc/resolv.conf', resolverConfiguration]])
  #resolve: NameServer = async () => ''
  #direct = true
  #running: Promise<Running> | undefined
  #restarts = 0
  #over = false

  private constructor(options: ClientLabOptions) {
    this.#options = options
  }

  /** @throws LabError when a network or the container cannot be had; nothing stays behind then. */
  static async create(options: ClientLabOptions): Promise<ClientLab> {
    const lab = new ClientLab(options)
    try {
      await lab.#create(options.addresses ?? 1)
      return lab
    } catch (cause) {
      await lab[Symbol.asyncDispose]()
      if (cause instanceof LabError) throw cause
      throw new LabError(`${options.name} has no lab: ${messageOf(cause)}`, { cause })
    }
  }

  /** Id of the container that runs now. */
  async containerId(): Promise<string> {
    return (await this.#launched()).container.id
  }

  /** IPv4 address of the container that runs now, on the network that it was given or made first. */
  async containerAddress(): Promise<string> {
    const { container } = await this.#launched()
    const { NetworkSettings } = await container.inspect()
    const address = NetworkSettings.Networks[this.#network?.name ?? '']?.IPAddress
    if (!address) throw new LabError(`the container of ${this.#options.name} has no address`)
    return address
  }

  get #network(): LabNetwork | undefined {
    return this.#options.network ?? this.#networks[0]
  }

  /** Puts a file into the container, and into those that may come after it. */
  async put(file: string, content: string): Promise<void> {
    this.#files.set(file, content)
    const { launcher } = await this.#launched()
    await launcher.write(file, content)
  }

  /** Names a name server for the container. Without one no name is known, and whoever asks is told so at once. */
  useNames(resolve: NameServer): void {
    this.#resolve = resolve
  }

  /** Starts a process for a probe. What goes wrong is told as its end. */
  start(command: string[], environment: Record<string, string> = {}): LaunchedDriver {
    const driver = new LaunchedDriver()
    this.#launched().then(
      ({ launcher }) => launcher.start(driver, command, environment),
      (error) => driver.end({ code: null, signal: null, reason: messageOf(error), fault: 'lab' }),
    )
    return driver
  }

  /** Ends every process, removes container and networks. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true
    const running = await this.#running?.catch(() => undefined)
    if (running) await remove(running.container)
    await Promise.all(this.#networks.map((network) => network[Symbol.asyncDispose]()))
  }

  async #create(addresses: number) {
    if (this.#options.network) {
      await this.#launched()
      return
    }
    this.#direct = this.#options.direct ?? (await reachesContainers())
    const networks = this.#direct ? addresses : 1
    for (let n = 0; n < networks; n++) {
      this.#networks.push(await createNetwork(this.#options, { internal: this.#direct }))
    }
    const { launcher } = await this.#launched()
    if (this.#direct) {
      const gateways = await Promise.all(this.#networks.map((network) => network.gateway()))
      this.addresses.push(...gateways.map((address) => ({ listen: address, seen: address })))
      return
    }
    const seen = await launcher.lookUp(hostName)
    if (!seen) throw new LabError(`${this.#options.name} cannot reach this machine: ${hostName} has no address`)
    this.addresses.push({ listen: '0.0.0.0', seen })
  }

  #launched(): Promise<Running> {
    if (this.#over) return Promise.reject(new LabError('the lab is closed'))
    this.#running ??= this.#launch()
    return this.#running
  }

  async #launch(): Promise<Running> {
    const { name } = this.#options
    if (++this.#restarts > mostRestarts) throw new LabError(`the container of ${name} went ${mostRestarts} times`)
    const container = await this.#createContainer()
    try {
      let condemned: string | undefined
      const launcher = await Launcher.attach(container, {
        condemn: (reason) => {
          condemned ??= reason
          void remove(container)
        },
        resolve: (question) => this.#resolve(question),
      })
      const exit = container.wait({ condition: 'next-exit' }) as Promise<{ StatusCode: number }>
      exit.catch(() => {})
      void launcher.ended.then(async (printed) => {
        this.#running = undefined
        const status = this.#over ? undefined : await statusOf(exit)
        const why = [condemned ?? status, printed].filter(Boolean).join('; ')
        const reason = `its container is gone${why ? `: ${why}` : ''}`
        launcher.endDrivers({ code: null, signal: null, reason, fault: 'lab' })
      })
      await container.start()
      await launcher.ready()
      for (const [file, content] of this.#files) await launcher.write(file, content)
      return { launcher, container }
    } catch (cause) {
      await remove(container)
      throw new LabError(`the container of ${name} does not start: ${messageOf(cause)}`, { cause })
    }
  }

  async #createContainer(): Promise<Docker.Container> {
    const { image, memoryBytes, environment } = this.#options
    const [, ...others] = this.#networks
    const container = await docker().createContainer({
      Image: image,
      Entrypoint: await launcherCommand(),
      Cmd: [],
      Env: Object.entries(environment).map(([variable, value]) => `${variable}=${value}`),
      Labels: ownLabels(this.#options, 'iut'),
      WorkingDir: '/',
      // The launcher's input ends with us, however we end, and its container with it.
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      HostConfig: {
        AutoRemove: true,
        NetworkMode: this.#network?.name ?? 'none',
        LogConfig: { Type: 'none', Config: {} },
        Memory: memoryBytes,
        MemorySwap: memoryBytes,
        PidsLimit: mostProcesses,
        ShmSize: 256 * 1024 * 1024,
        ...(this.#direct ? {} : { ExtraHosts: [`${hostName}:host-gateway`] }),
      },
    })
    for (const { name } of others) await docker().getNetwork(name).connect({ Container: container.id })
    return container
  }
}

const hostName = 'host.docker.internal'

async function statusOf(exit: Promise<{ StatusCode: number }>): Promise<string | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(late.resolve, obituaryMs, undefined)
  const ended = await Promise.race([exit.catch(() => undefined), late.promise])
  clearTimeout(timer)
  if (!ended) return undefined
  const { StatusCode: code } = ended
  return code > 128 ? `it was ended by signal ${code - 128}` : `it exited with ${code}`
}

/** Removes a container; resolves when it is gone. It may be going by itself. */
async function remove(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch(() => {})
  await container.wait({ condition: 'removed' }).catch(() => {})
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
