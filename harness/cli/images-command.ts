import { ensureImage, listImages } from '../lab/docker/images.ts'
import { LabError } from '../lab/lab.ts'
import { didYouMean } from '../plan/nearest.ts'
import { listVariants, type RegisteredVariant, readManifests, variantId } from '../plan/registry.ts'
import { UsageError } from '../plan/usage-error.ts'
import { exitCodes } from '../record/exit-code.ts'
import { peerFolder } from '../run/driver-source.ts'
import { folders } from './folders.ts'
import { complain, note, print, printJson } from './output.ts'
import { probeRuntime } from './probe-runtime.ts'
import { table } from './table.ts'

/** Builds images one after the other: they share their bases. Gives the exit code. @throws UsageError */
export async function buildImages(asked: string[], options: { json?: boolean }): Promise<number> {
  const variants = choose(await listVariants(await readManifests(folders.drivers), probeRuntime), asked)
  const built: { implementation: string; tag?: string; id?: string; error?: string }[] = []
  for (const one of variants) {
    const { source } = one.variant
    if (source.kind !== 'image') continue
    if (!one.available) throw new Error(`no image can be built here: ${one.reason}`)
    try {
      const onProgress = (line: string) => note(`${variantId(one)}: ${line}`)
      const { tag, id } = await ensureImage(source.context, source.buildArgs, {
        peer: peerFolder(one.manifest.id),
        onProgress,
      })
      built.push({ implementation: variantId(one), tag, id })
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      complain(`${variantId(one)}: ${error.message}${error.log ? `\n${error.log.trimEnd()}` : ''}`)
      built.push({ implementation: variantId(one), error: error.message })
    }
  }
  if (options.json) await printJson(built)
  else
    await print(
      table(
        ['IMPLEMENTATION', 'IMAGE'],
        built.map((one) => [one.implementation, one.tag ?? 'did not build']),
      ),
    )
  return built.some(({ error }) => error !== undefined) ? exitCodes.harnessError : exitCodes.asExpected
}

function choose(variants: RegisteredVariant[], asked: string[]): RegisteredVariant[] {
  const images = variants.filter(({ variant }) => variant.source.kind === 'image')
  if (asked.length === 0) return images
  return asked.flatMap((word) => {
    const found = images.filter((one) => one.manifest.id === word || variantId(one) === word)
    if (found.length > 0) return found
    const known = images.flatMap((one) => [one.manifest.id, variantId(one)])
    throw new UsageError(`images build ${word}: no implementation with an image is called so${didYouMean(word, known)}`)
  })
}

/** Prints the images that Assay built, newest first. */
export async function listBuiltImages(options: { json?: boolean }): Promise<void> {
  const reason = await probeRuntime('docker')
  if (reason !== undefined) throw new Error(`images cannot be listed: ${reason}`)
  const images = await listImages()
  if (options.json) return printJson(images)
  if (images.length === 0) return note('There are no images yet: assay images build')
  const rows = images.map((one) => [
    one.tag,
    `${Math.round(one.bytes / 1e6)} MB`,
    one.created.toISOString().slice(0, 16),
  ])
  await print(table(['IMAGE', 'SIZE', 'BUILT'], rows))
}
