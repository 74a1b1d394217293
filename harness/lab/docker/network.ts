import { randomBytes, randomInt } from 'node:crypto'
import { LabError } from '../lab.ts'
import { docker } from './client.ts'
import { type LabOwner, ownLabels } from './labels.ts'

/** A private network of one lab. */
export interface LabNetwork extends AsyncDisposable {
  readonly name: string
  /** IPv4 address under which this machine is on it, where the engine is this machine's. */
  gateway(): Promise<string>
  /** Its IPv4 network: `172.18.0.0/16`. */
  subnet(): Promise<string>
}

/**
 * Makes a network for a lab. Its name tells people whose it is; its labels tell the clean-up.
 *
 * @param internal nothing on it reaches anything but this machine
 * @param routed this machine has no address on it: whoever takes the gateway's is its router
 */
export async function createNetwork(owner: LabOwner, { internal = false, routed = false } = {}): Promise<LabNetwork> {
  const name = `assay-${owner.runId}-${randomBytes(4).toString('hex')}`.replace(/[^\w.-]/g, '_')
  const make = (subnet?: { Subnet: string; Gateway: string }) =>
    docker().createNetwork({
      Name: name,
      Driver: 'bridge',
      Internal: internal,
      Labels: ownLabels(owner, 'network'),
      ...(subnet ? { IPAM: { Driver: 'default', Config: [subnet] } } : {}),
      Options: routed
        ? {
            'com.docker.network.bridge.inhibit_ipv4': 'true',
            'com.docker.network.bridge.enable_ip_masquerade': 'false',
          }
        : {},
    })
  // The engine has some thirty subnets to give by itself, and a lab with routers takes three to five.
  const network = await (routed ? inSubnet(make) : make().catch((error) => inSubnet(make, error)))
  const settings = async (): Promise<{ Subnet?: string; Gateway?: string }[]> => {
    const { IPAM } = (await network.inspect()) as { IPAM?: { Config?: { Subnet?: string; Gateway?: string }[] } }
    return IPAM?.Config ?? []
  }
  return {
    name,
    gateway: async () => {
      const gateway = (await settings()).map(({ Gateway }) => Gateway).find((address) => address?.includes('.'))
      if (!gateway) throw new LabError(`the network ${name} has no gateway`)
      // Some engines tell the mask along with it.
      return gateway.replace(/\/.*$/, '')
    },
    subnet: async () => {
      const subnet = (await settings()).map(({ Subnet }) => Subnet).find((one) => one?.includes('.'))
      if (!subnet) throw new LabError(`the network ${name} has no IPv4 subnet`)
      return subnet
    },
    [Symbol.asyncDispose]: async () => {
      await network.remove().catch(() => {})
    },
  }
}

/** Of an engine that has no subnet left, or that knows the one it was told. */
const taken = /address pool|overlap/i

/** Small networks of the range for benchmarks (RFC 2544 §C.2.2), which nobody else is on: tried until one is free. */
async function inSubnet<T>(
  make: (subnet: { Subnet: string; Gateway: string }) => Promise<T>,
  cause?: unknown,
): Promise<T> {
  if (cause !== undefined && !taken.test(String(cause))) throw cause
  for (let tries = 1; ; tries++) {
    const number = randomInt(subnets)
    const [network, first] = [`198.${18 + (number >> 12)}.${(number >> 4) & 255}`, (number & 15) * 16]
    try {
      return await make({ Subnet: `${network}.${first}/28`, Gateway: `${network}.${first + 1}` })
    } catch (error) {
      if (!taken.test(String(error)) || tries >= mostTries) throw error
    }
  }
}

/** Networks of 16 addresses in 198.18.0.0/15. */
const subnets = 8192
const mostTries = 50
