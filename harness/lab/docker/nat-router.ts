import { LabError } from '../lab.ts'
import { type NatKind, type NatPath, routerRules } from '../nat.ts'
import { type Capture, startCapture } from './capture.ts'
import { docker } from './client.ts'
import { exec } from './exec.ts'
import { type LabOwner, ownLabels } from './labels.ts'
import type { LabNetwork } from './network.ts'

export interface NatRouterOptions extends LabOwner {
  image: string
  kind: NatKind
  path: Pick<NatPath, 'udpBlocked' | 'loss'>
  outer: LabNetwork
  /** Routed: no address of this machine is on it. */
  inner: LabNetwork
  /** What is behind it: the one host, or the router of the next network. */
  innerHost: string
}

/** A router of a lab, and what it sees on its outer side. */
export interface NatRouter extends AsyncDisposable {
  /** IPv4 address on the outer network. */
  readonly outerAddress: string
  /** Adds a route to a network behind another router. */
  route(network: string, via: string): Promise<void>
  readonly packets: Capture['packets']
  /** Ends its capture; the last packets come before it resolves. Says what was lost: '' when nothing was. */
  stop(): Promise<string>
}

/** @throws LabError when the router cannot be had; nothing stays behind then. */
export async function startRouter(options: NatRouterOptions): Promise<NatRouter> {
  const { image, outer, inner, kind, path } = options
  const capture = await startCapture({
    image,
    network: outer.name,
    aliases: [],
    labels: ownLabels(options, 'router'),
    mappedPorts: [],
    routes: true,
  })
  const id = capture.containerId
  try {
    await docker().getNetwork(inner.name).connect({ Container: id })
    const outerAddress = capture.address
    const places = { outerInterface: 'eth0', innerInterface: 'eth1', outerAddress, innerHost: options.innerHost }
    const gateway = await inner.gateway()
    const mask = (await inner.subnet()).split('/')[1]
    const rules = routerRules(kind, path, places)
    const commands = `ip addr add ${gateway}/${mask} dev eth1; ip route del default; nft -f - <<'RULES'\n${rules}RULES\n`
    await exec(id, ['sh', '-ec', commands])
    return {
      outerAddress,
      route: async (network, via) => void (await exec(id, ['ip', 'route', 'replace', network, 'via', via])),
      packets: capture.packets,
      stop: () => capture.stop(),
      [Symbol.asyncDispose]: () => capture[Symbol.asyncDispose](),
    }
  } catch (cause) {
    await capture[Symbol.asyncDispose]()
    if (cause instanceof LabError) throw cause
    throw new LabError(`a router could not be set up: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
