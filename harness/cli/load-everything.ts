import { type Catalogue, makeCatalogue } from '../plan/catalogue.ts'
import { loadSuites } from '../plan/load-suites.ts'
import { listVariants, type RegisteredVariant, readManifests } from '../plan/registry.ts'
import { folders } from './folders.ts'
import { probeRuntime } from './probe-runtime.ts'

/** What there is to choose from: the registry and the catalogue. */
export async function loadEverything(): Promise<{ variants: RegisteredVariant[]; catalogue: Catalogue }> {
  const [manifests, suites] = await Promise.all([readManifests(folders.drivers), loadSuites(folders.suites)])
  return { variants: await listVariants(manifests, probeRuntime), catalogue: makeCatalogue(suites) }
}
