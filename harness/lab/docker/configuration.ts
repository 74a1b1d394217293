import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { docker } from './client.ts'
import { containersFolder } from './images.ts'

/** The configuration files of an image's folder, one after the other: what a server offers depends on them. */
export async function configurationOf(context: string): Promise<string> {
  const folder = context.includes('/') ? context : join(containersFolder, context)
  const names = (await readdir(folder)).filter((name) => /\.(lua|ya?ml|conf|cfg|toml)$/.test(name)).sort()
  const parts = names.map(async (name) => `# ${name}\n${await readFile(join(folder, name), 'utf8')}`)
  return (await Promise.all(parts)).join('\n')
}

/** Name and exact version of the software inside, as its Dockerfile wrote it to /etc/assay-package; '' where it did not. */
export async function packageOf(containerId: string): Promise<string> {
  try {
    const archive = (await docker()
      .getContainer(containerId)
      .getArchive({ path: '/etc/assay-package' })) as unknown as Readable
    const files = extract()
    archive.pipe(files)
    for await (const entry of files) return (await buffer(entry)).toString().trim()
  } catch {
    // An image of someone else's.
  }
  return ''
}
