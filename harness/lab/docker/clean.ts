import { docker } from './client.ts'
import { label, ownerIsGone } from './labels.ts'

/** Names of what was removed. */
export interface Removed {
  containers: string[]
  networks: string[]
}

/** Removes the containers and networks of one run, whoever still looks after them. */
export const cleanRun = (runId: string): Promise<Removed> => removeLabelled(`${label.run}=${runId}`, () => true)

/**
 * Removes the containers and networks that carry Assay's label and nothing else. Leaves those of runs that are still
 * going on, unless `all`.
 */
export const cleanAll = ({ all = false } = {}): Promise<Removed> =>
  removeLabelled(label.run, (labels) => all || ownerIsGone(labels))

async function removeLabelled(filter: string, wanted: (labels: Record<string, string>) => boolean): Promise<Removed> {
  const filters = { label: [filter] }
  const containers = (await docker().listContainers({ all: true, filters })).filter(({ Labels }) => wanted(Labels))
  await Promise.all(
    containers.map(async ({ Id }) => {
      const container = docker().getContainer(Id)
      await ignoreGone(container.remove({ force: true, v: true }))
      // Its owner may be about it itself: gone is what it shall be when we say so.
      await ignoreGone(container.wait({ condition: 'removed' }))
    }),
  )
  // Networks after the containers: one in use cannot be removed.
  const networks = (await docker().listNetworks({ filters })).filter(({ Labels }) => wanted(Labels ?? {}))
  await Promise.all(networks.map(({ Id }) => ignoreGone(docker().getNetwork(Id).remove())))
  return {
    containers: containers.map(({ Id, Names }) => Names[0]?.slice(1) ?? Id),
    networks: networks.map(({ Name }) => Name),
  }
}

/** Someone else may remove the same thing at the same time (404), or be at it (409). */
async function ignoreGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    if (statusCode !== 404 && statusCode !== 409) throw error
  }
}
