import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pack } from 'tar-stream'

/** The files of a folder that an image is built from. */
export interface BuildContext {
  files: ContextFile[]
  /** Of names, contents, modes and build arguments: changes when the image would. Hexadecimal, 12 digits. */
  hash: string
}

interface ContextFile {
  name: string
  content: Buffer
  executable: boolean
}

/** What a build leaves in a folder of sources, and no image is to be made of. */
const leftByBuilds = /(^|\/)(node_modules|target|__pycache__|\.[^/]+)(\/|$)/

/**
 * Reads a folder of containers/.
 *
 * @param peer a driver's sources, which the image is to find in its context as `peer/`
 * @throws what the file system throws
 */
export async function readBuildContext(
  folder: string,
  buildArgs: Record<string, string>,
  peer?: string,
): Promise<BuildContext> {
  const files = await readFiles(folder)
  if (peer !== undefined) {
    const sources = (await readFiles(peer)).filter(({ name }) => !leftByBuilds.test(name))
    files.push(...sources.map((file) => ({ ...file, name: `peer/${file.name}` })))
  }
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(buildArgs).sort()))
  for (const { name, content, executable } of files) {
    hash.update(`\0${name}\0${executable}\0${content.length}\0`).update(content)
  }
  return { files, hash: hash.digest('hex').slice(0, 12) }
}

async function readFiles(folder: string): Promise<ContextFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    paths.sort().map(async (path) => ({
      name: path.slice(folder.length + 1).replaceAll('\\', '/'),
      content: await readFile(path),
      executable: ((await stat(path)).mode & 0o100) !== 0,
    })),
  )
}

/** Packs the files as tar. Ones that the image need not depend on, such as a proxy's CA, come as `extra`. */
export function packContext({ files }: BuildContext, extra: Record<string, string> = {}): Readable {
  const tar = pack()
  for (const { name, content, executable } of files) tar.entry({ name, mode: executable ? 0o755 : 0o644 }, content)
  for (const [name, content] of Object.entries(extra)) tar.entry({ name, mode: 0o644 }, content)
  tar.finalize()
  return tar as unknown as Readable
}
