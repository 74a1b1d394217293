import { randomBytes } from 'node:crypto'
import { docker } from './client.ts'
import { type LabOwner, ownLabels } from './labels.ts'

/** A private network of one lab. */
export interface LabNetwork extends AsyncDisposable {
  readonly name: string
}

/** Makes a network for a lab. Its name tells people whose it is; its labels tell the clean-up. */
export async function createNetwork(owner: LabOwner): Promise<LabNetwork> {
  const name = `assay-${owner.runId}-${randomBytes(4).toString('hex')}`.replace(/[^\w.-]/g, '_')
  const network = await docker().createNetwork({ Name: name, Driver: 'bridge', Labels: ownLabels(owner, 'network') })
  return {
    name,
    [Symbol.asyncDispose]: async () => {
      await network.remove().catch(() => {})
    },
  }
}
