import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../../harness/lab/docker/server.ts'
import { type Manifest, manifestSchema, type Variant } from '../../harness/lab/implementation.ts'
import type { Account, RunningServer, XmppServerDriver } from '../../harness/lab/lab.ts'

/** A server that runs for one test, in a run of its own. */
export interface LabServer extends AsyncDisposable {
  runId: string
  server: RunningServer
}

/** Starts a version of drivers/<id>; the newest by default. */
export async function labServer(id: string, version?: string, runId = testRunId()): Promise<LabServer> {
  const { driver, manifest } = await implementation(id)
  const variant = version ? manifest.variants.find((each) => each.version === version) : manifest.variants.at(-1)
  if (!variant) throw new Error(`${id} has no version ${version}`)
  const scratchDir = mkdtempSync(join(tmpdir(), 'assay-test-'))
  const server = await startServer({ driver, manifest, variant, runId, cellId: `${id}-${variant.version}`, scratchDir })
  return {
    runId,
    server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      rmSync(scratchDir, { recursive: true, force: true })
    },
  }
}

export async function implementation(id: string): Promise<{ driver: XmppServerDriver; manifest: Manifest }> {
  const folder = `../../drivers/${id}`
  const [{ default: driver }, { default: manifest }] = (await Promise.all([
    import(`${folder}/driver.ts`),
    import(`${folder}/manifest.ts`),
  ])) as [{ default: XmppServerDriver }, { default: unknown }]
  return { driver, manifest: manifestSchema.parse(manifest) }
}

/** Every version of every server that lives in a container. */
export async function serverVersions(): Promise<{ id: string; variant: Variant }[]> {
  const all = await Promise.all(['prosody', 'ejabberd', 'jackal'].map(implementation))
  return all.flatMap(({ manifest }) => manifest.variants.map((variant) => ({ id: manifest.id, variant })))
}

export const testRunId = () => `test-${randomUUID().slice(0, 8)}`

export const account = (local: string, domain: string, password = 'x " \' \\ $ ü'): Account => ({
  jid: `${local}@${domain}`,
  local,
  domain,
  password,
})
