import type { CapturedPacket } from '../../wire/captured-packet.ts'
import { LabError } from '../lab.ts'
import type { NatKind, NatPath, NatTopology } from '../nat.ts'
import { docker } from './client.ts'
import { ClientLab, type ClientLabOptions } from './client-lab.ts'
import { LabContainer } from './lab-container.ts'
import { type LabOwner, ownLabels } from './labels.ts'
import { type NatRouter, startRouter } from './nat-router.ts'
import { createNetwork, type LabNetwork } from './network.ts'

const sides = ['controlling', 'controlled'] as const
type Side = (typeof sides)[number]

export interface NatLabOptions extends LabOwner {
  topology: NatTopology
  /** Image of the router. */
  router: string
  /** Image of the TURN server, which has long-term credentials of its own. */
  turn: string
  agents: Record<Side, Pick<ClientLabOptions, 'name' | 'image' | 'memoryBytes' | 'environment'>>
}

/** A packet on the outer side of an outermost router: of its side, or of the TURN server to its side. */
export interface OutwardPacket {
  /** Whose router saw it. */
  router: Side
  packet: CapturedPacket
  linkType: number
}

interface SideOfLab {
  lan: LabNetwork
  agent: ClientLab
  address: string
  /** The innermost first. */
  routers: NatRouter[]
}

/**
 * Two agents in containers, each behind routers of its own, with a TURN server between them. No network of it leads
 * anywhere: this machine is on none of them.
 */
export class NatLab implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack()
  readonly #sides: Partial<Record<Side, SideOfLab>> = {}
  #turnAddress: string | undefined

  /** @throws LabError when a part of it cannot be had; nothing stays behind then. */
  static async create(options: NatLabOptions): Promise<NatLab> {
    const lab = new NatLab()
    try {
      await lab.#create(options)
      return lab
    } catch (cause) {
      await lab[Symbol.asyncDispose]()
      if (cause instanceof LabError) throw cause
      throw new LabError(`a lab with NATs cannot be had: ${cause instanceof Error ? cause.message : cause}`, { cause })
    }
  }

  /** Where the TURN server is, for the agents; undefined where there are no NATs, and so nobody asks. */
  get turnAddress(): string | undefined {
    return this.#turnAddress
  }

  agent(side: Side): ClientLab {
    return this.#side(side).agent
  }

  /** The agent's own address, on its inner network. */
  address(side: Side): string {
    return this.#side(side).address
  }

  /** Called for each packet between the sides, in order of each router's capture. What both routers see comes once: from its sender's. */
  onPacket(listener: (one: OutwardPacket) => void): void {
    for (const side of sides) {
      const other = this.#side(side === 'controlling' ? 'controlled' : 'controlling')
      const strangers = new Set([other.address, ...other.routers.map(({ outerAddress }) => outerAddress)])
      const router = this.#side(side).routers.at(-1)
      router?.packets.onPacket((packet) => {
        const { linkType } = router.packets
        const source = sourceOf(packet.data)
        if (source === undefined || strangers.has(source)) return
        listener({ router: side, packet, linkType })
      })
    }
  }

  /** Ends the captures; the last packets come before it resolves. Says what was lost: '' when nothing was. */
  async stop(): Promise<string> {
    const routers = sides.flatMap((side) => this.#sides[side]?.routers ?? [])
    return (await Promise.all(routers.map((router) => router.stop()))).filter(Boolean).join('; ')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }

  #side(side: Side): SideOfLab {
    const found = this.#sides[side]
    if (!found) throw new LabError('the lab is not there yet')
    return found
  }

  async #create(options: NatLabOptions) {
    const { topology } = options
    const wan = this.#stack.use(await createNetwork(options, { routed: true }))
    const hasNats = sides.some((side) => topology[side].nats.some((kind: NatKind) => kind !== 'none'))
    await Promise.all([
      ...sides.map((side) => this.#createSide(side, topology[side], wan, options)),
      ...(hasNats ? [this.#startTurn(options, wan)] : []),
    ])
    for (const side of sides) {
      const other = this.#side(side === 'controlling' ? 'controlled' : 'controlling')
      if (topology[side === 'controlling' ? 'controlled' : 'controlling'].nats.at(-1) !== 'none') continue
      await this.#side(side)
        .routers.at(-1)
        ?.route(await other.lan.subnet(), other.routers.at(-1)?.outerAddress ?? '')
    }
  }

  async #createSide(side: Side, path: NatPath, wan: LabNetwork, options: NatLabOptions) {
    const lan = this.#stack.use(await createNetwork(options, { routed: true }))
    const { runId, cellId, router: image } = options
    const agent = this.#stack.use(await ClientLab.create({ runId, cellId, ...options.agents[side], network: lan }))
    const address = await agent.containerAddress()
    const routers: NatRouter[] = []
    let inner = lan
    let innerHost = address
    for (const [index, kind] of path.nats.entries()) {
      const outermost = index === path.nats.length - 1
      const outer = outermost ? wan : this.#stack.use(await createNetwork(options, { routed: true }))
      // What is blocked or lost is so once, at the first router.
      const limits = index === 0 ? path : {}
      const router = this.#stack.use(
        await startRouter({ runId, cellId, image, kind, path: limits, outer, inner, innerHost }),
      )
      if (!outermost) await router.route('default', await outer.gateway())
      routers.push(router)
      inner = outer
      innerHost = router.outerAddress
    }
    this.#sides[side] = { lan, agent, address, routers }
  }

  async #startTurn(options: NatLabOptions, wan: LabNetwork) {
    const container = await new LabContainer(options.turn, {
      labels: ownLabels(options, 'turn-server'),
      logs: 'none',
      network: { name: wan.name, aliases: [] },
    }).start()
    const id = container.getId()
    this.#stack.defer(async () => {
      await docker()
        .getContainer(id)
        .remove({ force: true, v: true })
        .catch(() => {})
    })
    this.#turnAddress = container.getIpAddress(wan.name)
  }
}

/** IPv4 source of an Ethernet frame. */
function sourceOf(frame: Uint8Array): string | undefined {
  if (frame.length < 34 || frame[12] !== 8 || frame[13] !== 0) return undefined
  return frame.subarray(26, 30).join('.')
}
