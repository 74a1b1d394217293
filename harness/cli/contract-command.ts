import { didYouMean } from '../plan/nearest.ts'
import { readManifests } from '../plan/registry.ts'
import { UsageError } from '../plan/usage-error.ts'
import { folders } from './folders.ts'

/** Checks a driver, prints, and gives the exit code. @throws UsageError */
export async function contractCommand(implementation: string, _options: { json?: boolean }): Promise<number> {
  const manifests = await readManifests(folders.drivers)
  const known = manifests.flatMap(({ id, variants }) => [id, ...variants.map(({ version }) => `${id}@${version}`)])
  if (!known.includes(implementation)) {
    throw new UsageError(
      `contract ${implementation}: no such implementation${didYouMean(implementation, known)} (see assay list implementations)`,
    )
  }
  throw new Error('contract: drivers have no contract to check yet')
}
