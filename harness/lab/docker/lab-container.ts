import { GenericContainer } from 'testcontainers'

/** What a lab's container needs beyond testcontainers' own settings. */
export interface LabContainerOptions {
  labels: Record<string, string>
  /** `none`: the engine keeps no log of it. */
  logs: 'kept' | 'none'
  /** Network to be on from the start, with the names that others there know it by. */
  network?: { name: string; aliases: string[] }
  /** Called when the container is made and does not run yet. */
  created?: (id: string) => Promise<void>
  /** Called when it runs; it is ready when this resolves. */
  ready?: (id: string) => Promise<void>
}

/** A container of a lab: never cleaned up by a reaper (labels are for that), ready when its options say so. */
export class LabContainer extends GenericContainer {
  readonly #options: LabContainerOptions
  #id = ''

  constructor(image: string, options: LabContainerOptions) {
    super(image)
    this.#options = options
    this.hostConfig.LogConfig = { Type: options.logs === 'none' ? 'none' : 'json-file', Config: {} }
    if (options.network) {
      const { name, aliases } = options.network
      // withNetworkAliases would put the container on the default network first.
      this.withNetworkMode(name)
      this.createOpts.NetworkingConfig = { EndpointsConfig: { [name]: { Aliases: aliases } } }
    }
    this.withAutoCleanup(false).withLabels(options.labels)
    this.withWaitStrategy(readyWhen(() => options.ready?.(this.#id) ?? Promise.resolve()))
  }

  /** Lets it forward packets and manage its own network. */
  routes(): this {
    this.hostConfig.CapAdd = [...(this.hostConfig.CapAdd ?? []), 'NET_ADMIN']
    this.hostConfig.Sysctls = { 'net.ipv4.ip_forward': '1' }
    return this
  }

  protected override async containerCreated(id: string): Promise<void> {
    this.#id = id
    await this.#options.created?.(id)
  }
}

/** A wait strategy that is a promise. It knows its own deadline: a container that ends is noticed by `ready` itself. */
function readyWhen(ready: () => Promise<void>) {
  let timeoutMs = 60_000
  let set = false
  const strategy = {
    waitUntilReady: async () => {
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => late.reject(new Error(`not ready after ${timeoutMs} ms`)), timeoutMs)
      try {
        await Promise.race([ready(), late.promise])
      } finally {
        clearTimeout(timer)
      }
    },
    withStartupTimeout: (ms: number) => {
      timeoutMs = ms
      set = true
      return strategy
    },
    isStartupTimeoutSet: () => set,
    getStartupTimeout: () => timeoutMs,
  }
  return strategy
}
