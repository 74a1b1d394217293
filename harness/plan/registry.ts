import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ZodError } from 'zod'
import { type Manifest, manifestSchema, type RuntimeName, type Variant } from '../lab/implementation.ts'

/** One version of an implementation, and whether this machine can run it. */
export interface RegisteredVariant {
  manifest: Manifest
  variant: Variant
  available: boolean
  /** Why it cannot be run here. */
  reason?: string
}

/** Says why a runtime cannot be used on this machine, or nothing where it can. */
export type RuntimeProbe = (runtime: RuntimeName) => Promise<string | undefined>

/** A manifest that cannot be read: names the file and the field. */
export class ManifestError extends Error {
  override name = 'ManifestError'
}

/** Where drivers are read from: `drivers/`, or the folder that ASSAY_DRIVERS names instead. */
export const driversFolder = process.env.ASSAY_DRIVERS
  ? resolve(process.env.ASSAY_DRIVERS)
  : fileURLToPath(new URL('../../drivers/', import.meta.url))

/**
 * Reads drivers/<id>/manifest.ts of every folder that has one, sorted by id.
 *
 * @throws ManifestError when one cannot be imported, does not fit its schema, or is not named as its folder.
 */
export async function readManifests(folder = driversFolder): Promise<Manifest[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const manifests = await Promise.all(names.sort().map((name) => readManifest(folder, name)))
  return manifests.filter((manifest) => manifest !== undefined)
}

async function readManifest(folder: string, name: string): Promise<Manifest | undefined> {
  const files = await readdir(join(folder, name))
  if (!files.includes('manifest.ts')) return undefined
  const file = `drivers/${name}/manifest.ts`
  let module: { default?: unknown }
  try {
    module = (await import(pathToFileURL(join(folder, name, 'manifest.ts')).href)) as { default?: unknown }
  } catch (error) {
    throw new ManifestError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (module.default === undefined) throw new ManifestError(`${file} has no default export`)
  const parsed = manifestSchema.safeParse(module.default)
  if (!parsed.success) throw new ManifestError(`${file}: ${describe(parsed.error)}`)
  if (parsed.data.id !== name) throw new ManifestError(`${file}: id is "${parsed.data.id}", its folder is "${name}"`)
  return parsed.data
}

const describe = (error: ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'the manifest'}: ${issue.message}`).join('; ')

/** Every variant of the manifests, with what the probe says of its runtime. Each runtime is probed once. */
export async function listVariants(manifests: Manifest[], probe: RuntimeProbe): Promise<RegisteredVariant[]> {
  const reasons = new Map<RuntimeName, string | undefined>()
  for (const runtime of new Set(manifests.map((manifest) => manifest.runtime))) {
    reasons.set(runtime, await probe(runtime))
  }
  return manifests.flatMap((manifest) =>
    manifest.variants.map((variant) => {
      const reason = reasons.get(manifest.runtime)
      return { manifest, variant, available: reason === undefined, ...(reason === undefined ? {} : { reason }) }
    }),
  )
}

/** `prosody@13.0.7`. */
export const variantId = ({ manifest, variant }: RegisteredVariant): string => `${manifest.id}@${variant.version}`

/** What a variant can do: its implementation's capabilities and its own, without those that either lacks. */
export function capabilitiesOf(manifest: Manifest, variant: Variant): Set<string> {
  const all = new Set([...manifest.capabilities, ...variant.capabilities])
  for (const lack of Object.keys(manifest.lacks)) if (!variant.capabilities.includes(lack)) all.delete(lack)
  for (const lack of Object.keys(variant.lacks)) all.delete(lack)
  return all
}
