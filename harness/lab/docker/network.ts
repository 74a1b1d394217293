import { randomBytes } from 'node:crypto'
import { LabError } from '../lab.ts'
import { docker } from './client.ts'
import { type LabOwner, ownLabels } from './labels.ts'

/** A private network of one lab. */
export interface LabNetwork extends AsyncDisposable {
  readonly name: string
  /** IPv4 address under which this machine is on it, where the engine is this machine's. */
  gateway(): Promise<string>
}

/**
 * Makes a network for a lab. Its name tells people whose it is; its labels tell the clean-up.
 *
 * @param internal nothing on it reaches anything but this machine
 */
export async function createNetwork(owner: LabOwner, { internal = false } = {}): Promise<LabNetwork> {
  const name = `assay-${owner.runId}-${randomBytes(4).toString('hex')}`.replace(/[^\w.-]/g, '_')
  const network = await docker().createNetwork({
    Name: name,
    Driver: 'bridge',
    Internal: internal,
    Labels: ownLabels(owner, 'network'),
  })
  return {
    name,
    gateway: async () => {
      const { IPAM } = (await network.inspect()) as { IPAM?: { Config?: { Gateway?: string }[] } }
      const gateway = IPAM?.Config?.map(({ Gateway }) => Gateway).find((address) => address?.includes('.'))
      if (!gateway) throw new LabError(`the network ${name} has no gateway`)
      // Some engines tell the mask along with it.
      return gateway.replace(/\/.*$/, '')
    },
    [Symbol.asyncDispose]: async () => {
      await network.remove().catch(() => {})
    },
  }
}
