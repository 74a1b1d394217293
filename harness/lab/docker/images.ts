import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { LabError } from '../lab.ts'
import { type BuildContext, packContext, readBuildContext } from './build-context.ts'
import { docker } from './client.ts'
import { exclusively } from './lock.ts'

/** An image that is there. */
export interface Image {
  /** `assay/<context>:<hash of context and build arguments>`. */
  tag: string
  /** The engine's id of it: its digest. */
  id: string
}

export interface BuildOptions {
  /** Folder of a driver's sources, which the Dockerfile finds as `peer/`. */
  peer?: string
  /** Told what is going on, a line at a time: that a build begins, each step of it, that it is done. */
  onProgress?: (line: string) => void
}

/** The folder that holds one folder an image. */
export const containersFolder = join(import.meta.dirname, '..', '..', '..', 'containers')

const repository = 'assay'
const contextLabel = 'dev.assay.context'
const argsLabel = 'dev.assay.build-args'
const run = promisify(execFile)
const ensured = new Map<string, Promise<Image>>()

/**
 * Makes sure that the image of a folder is there: at once where its content and build arguments were built before,
 * otherwise by building it, the base images before it. Two processes that want the same image build it once.
 *
 * @param context a folder of containers/, or a path
 * @throws LabError when it does not build, with the build's log
 */
export async function ensureImage(
  context: string,
  buildArgs: Record<string, string> = {},
  options: BuildOptions = {},
): Promise<Image> {
  const folder = context.includes('/') ? context : join(containersFolder, context)
  // What a repository's name may hold.
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  const content = await readBuildContext(folder, buildArgs, options.peer).catch((cause: unknown) => {
    throw new LabError(`The folder of image ${name} cannot be read: ${messageOf(cause)}`, { cause })
  })
  const tag = `${repository}/${name}:${content.hash}`
  const known = ensured.get(tag)
  if (known) return known
  const image = makeImage(name, tag, content, buildArgs, options)
  ensured.set(tag, image)
  // A failure is not remembered: the next one who asks tries again.
  image.catch(() => ensured.delete(tag))
  return image
}

/** Images that Assay built, newest first. */
export async function listImages(): Promise<(Image & { context: string; bytes: number; created: Date })[]> {
  const images = await docker().listImages({ filters: { label: [contextLabel] } })
  return images
    .flatMap(({ Id, RepoTags, Labels, Size, Created }) =>
      (RepoTags ?? []).map((tag) => ({
        tag,
        id: Id,
        context: Labels[contextLabel] ?? '',
        bytes: Size,
        created: new Date(Created * 1000),
      })),
    )
    .sort((a, b) => b.created.getTime() - a.created.getTime())
}

async function makeImage(
  name: string,
  tag: string,
  context: BuildContext,
  buildArgs: Record<string, string>,
  options: BuildOptions,
): Promise<Image> {
  const present = await inspect(tag)
  if (present) return present
  return exclusively(`image-${tag}`, async () => {
    const meanwhile = await inspect(tag)
    if (meanwhile) return meanwhile
    for (const suite of baseSuites(context, buildArgs)) await ensureBase(suite, options)
    options.onProgress?.(`building ${tag}`)
    const startedAt = performance.now()
    await build(name, tag, context, buildArgs, options)
    const built = await inspect(tag)
    if (!built) throw new LabError(`Image ${tag} was built, but is not there`)
    options.onProgress?.(`built ${tag} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    return built
  })
}

async function inspect(tag: string): Promise<Image | undefined> {
  try {
    return { tag, id: (await docker().getImage(tag).inspect()).Id }
  } catch (cause) {
    if ((cause as { statusCode?: number }).statusCode === 404) return undefined
    throw new LabError(`Docker does not tell whether image ${tag} is there: ${messageOf(cause)}`, { cause })
  }
}

/** The suites of the base images that a Dockerfile stands on: `FROM assay/base:${ARG}`, as given or by ARG's default. */
export function baseSuites(context: BuildContext, buildArgs: Record<string, string>): string[] {
  const dockerfile = context.files.find(({ name }) => name === 'Dockerfile')?.content.toString() ?? ''
  const defaults = Object.fromEntries(
    [...dockerfile.matchAll(/^ARG\s+(\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]),
  ) as Record<string, string>
  const suites = [...dockerfile.matchAll(/^FROM\s+assay\/base:(\S+)/gm)].map(([, suite = '']) =>
    suite.replace(/\$\{?(\w+)\}?/g, (_, name: string) => buildArgs[name] ?? defaults[name] ?? ''),
  )
  return [...new Set(suites)]
}

async function ensureBase(suite: string, { onProgress }: BuildOptions): Promise<void> {
  const tag = `${repository}/base:${suite}`
  if (await inspect(tag)) return
  await exclusively(`image-${tag}`, async () => {
    onProgress?.(`making base image ${tag}`)
    try {
      const { stderr } = await run(join(containersFolder, 'base', 'make.sh'), [suite], { maxBuffer: 1 << 26 })
      for (const line of stderr.trim().split('\n')) onProgress?.(line)
    } catch (cause) {
      const { stderr, stdout } = cause as { stderr?: string; stdout?: string }
      throw new LabError(`Base image ${tag} could not be made`, { cause, log: `${stdout ?? ''}${stderr ?? ''}` })
    }
  })
}

async function build(
  name: string,
  tag: string,
  context: BuildContext,
  buildArgs: Record<string, string>,
  { onProgress }: BuildOptions,
): Promise<void> {
  const log: string[] = []
  try {
    // The classic builder of every engine: one that has no BuildKit does not know `version`.
    const stream = await docker().buildImage(packContext(context, { 'build-ca.crt': await buildCa() }), {
      t: tag,
      buildargs: buildArgs,
      labels: { [contextLabel]: name, [argsLabel]: JSON.stringify(buildArgs) },
      forcerm: true,
    })
    for await (const line of createInterface({ input: stream as Readable })) {
      const event = JSON.parse(line) as { stream?: string; error?: string }
      const text = event.error ?? event.stream
      if (text === undefined) continue
      log.push(text)
      if (text.startsWith('Step ')) onProgress?.(text.trim())
      if (event.error !== undefined) throw new Error(event.error)
    }
  } catch (cause) {
    const text = log.join('')
    throw new LabError(`Image ${tag} does not build: ${messageOf(cause)}${certificateHint(text)}`, { cause, log: text })
  }
}

/** The certificates that this machine trusts beside the usual ones: a build behind a proxy that looks into TLS needs them. */
async function buildCa(): Promise<string> {
  const path = process.env.NODE_EXTRA_CA_CERTS
  return path ? readFile(path, 'utf8').catch(() => '') : ''
}

const certificateHint = (log: string) =>
  /x509:|certificate signed by unknown authority|certificate verify failed|SSL certificate problem/i.test(log)
    ? ' (a download failed on a TLS certificate: where a proxy looks into TLS, name its CA in NODE_EXTRA_CA_CERTS)'
    : ''

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
