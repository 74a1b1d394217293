import { existsSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import path from 'node:path'
import type { DriverProcessOptions } from '../lab/embedded/driver-process.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { LabError } from '../lab/lab.ts'
import { driversFolder } from '../plan/registry.ts'

/**
 * How the driver of an embedded client is started: `drivers/<id>/peer.ts` on this process's Node, with the lab's authority
 * beside those that Node trusts.
 *
 * @param caFile PEM of the lab's authority
 * @param cacheFolder where compiled code may be kept, so that one process after the other starts fast
 * @throws LabError when the implementation has no peer.
 */
export function driverCommand(
  { manifest, variant }: { manifest: Manifest; variant: Variant },
  caFile: string,
  cacheFolder: string,
): DriverProcessOptions {
  const folder = path.join(driversFolder, manifest.id)
  const peer = ['peer.ts', 'peer.js'].map((name) => path.join(folder, name)).find((file) => existsSync(file))
  if (!peer) throw new LabError(`drivers/${manifest.id} has no peer.ts: nothing drives it`)
  return {
    command: process.execPath,
    args: [peer],
    environment: {
      NODE_EXTRA_CA_CERTS: caFile,
      NODE_COMPILE_CACHE: getCompileCacheDir() ?? path.join(cacheFolder, 'assay-compile-cache'),
      NODE_NO_WARNINGS: '1',
      ASSAY_VARIANT: variant.version,
      ...(variant.source.kind === 'npm' ? { ASSAY_PACKAGE: variant.source.package } : {}),
    },
  }
}
