import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'

/**
 * Runs `work` while no other process of this machine runs work under the same name. A lock whose holder died is taken
 * over after some seconds.
 */
export async function exclusively<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const folder = join(tmpdir(), 'assay-locks')
  await mkdir(folder, { recursive: true })
  const release = await lock(join(folder, name.replace(/[^\w.-]/g, '_')), {
    realpath: false,
    stale: 15_000,
    update: 3000,
    retries: { forever: true, factor: 1.2, minTimeout: 50, maxTimeout: 1000 },
    // Building goes on in the engine whatever becomes of the lock; at worst an image is built twice.
    onCompromised: () => {},
  })
  try {
    return await work()
  } finally {
    await release().catch(() => {})
  }
}
