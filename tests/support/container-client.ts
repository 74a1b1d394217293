import { fileURLToPath } from 'node:url'
import { type Manifest, manifestSchema, type Variant } from '../../harness/lab/implementation.ts'
import type { Job } from '../../harness/run/job.ts'

/** A client in a container that logs in nowhere and misbehaves on demand: the image of tests/support/container-client/, or of another folder. */
export function containerClient(context = fileURLToPath(new URL('container-client', import.meta.url))): {
  manifest: Manifest
  variant: Variant
} {
  const manifest = manifestSchema.parse({
    id: 'container-client',
    name: 'container-client',
    family: 'container-client',
    homepage: 'https://example.org/',
    roles: ['xmpp-client'],
    runtime: 'docker',
    capabilities: ['starttls'],
    variants: [
      {
        version: '1.0',
        source: { kind: 'image', context },
      },
    ],
  })
  const [variant] = manifest.variants
  if (!variant) throw new Error('no variant')
  return { manifest, variant }
}

/** A job that asks nothing of it yet. */
export const containerClientJob = (runId: string, runDirectory: string): Job => ({
  runId,
  runDirectory,
  cell: {
    id: 'container-client@1.0+starttls',
    implementations: [
      { id: 'container-client', name: 'container-client', version: '1.0', family: 'none', role: 'xmpp-client' },
    ],
    environment: { runtime: 'docker', transport: 'starttls' },
    cases: [],
  },
  cases: [{ id: 'test', attempts: [1] }],
  lanes: 1,
  seed: 'test',
})
