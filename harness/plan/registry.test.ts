import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { manifestSchema } from '../lab/implementation.ts'
import { capabilitiesOf, listVariants, readManifests, variantId } from './registry.ts'

const folder = await mkdtemp(join(tmpdir(), 'assay-registry-'))
after(() => rm(folder, { recursive: true }))

const plain = {
  id: 'boat',
  name: 'Boat',
  family: 'boats',
  homepage: 'https://boat.example/',
  roles: ['xmpp-server'],
  runtime: 'docker',
  variants: [{ version: '1.0', source: { kind: 'image', context: 'boat' } }],
}

let count = 0
async function registry(drivers: Record<string, string>): Promise<string> {
  const root = join(folder, String(count++))
  for (const [name, source] of Object.entries(drivers)) {
    await mkdir(join(root, name), { recursive: true })
    await writeFile(join(root, name, 'manifest.ts'), source)
  }
  return root
}
const exported = (manifest: unknown) => `export default ${JSON.stringify(manifest)}`

describe('the registry', () => {
  test('reads every folder that has a manifest, by id', async () => {
    const root = await registry({ boat: exported(plain), anchor: exported({ ...plain, id: 'anchor' }) })
    await mkdir(join(root, 'notes'))
    const manifests = await readManifests(root)
    assert.deepEqual(
      manifests.map(({ id }) => id),
      ['anchor', 'boat'],
    )
  })

  test('names the file and the field of a manifest that does not fit', async () => {
    const root = await registry({ boat: exported({ ...plain, homepage: 'nowhere', roles: ['sailor'] }) })
    await assert.rejects(readManifests(root), /drivers\/boat\/manifest\.ts: homepage: .*; roles\.0: /)
  })

  test('refuses a manifest without default export, one that throws, and one in another folder', async () => {
    await assert.rejects(
      readManifests(await registry({ boat: 'export const x = 1' })),
      /boat\/manifest\.ts has no default/,
    )
    await assert.rejects(readManifests(await registry({ boat: 'throw new Error("leak")' })), /cannot be loaded: leak/)
    await assert.rejects(readManifests(await registry({ ship: exported(plain) })), /id is "boat", its folder is "ship"/)
  })

  test('says which variants cannot be run here, and asks once a runtime', async () => {
    const manifests = [
      manifestSchema.parse({ ...plain, variants: [...plain.variants, { ...plain.variants[0], version: '2.0' }] }),
      manifestSchema.parse({ ...plain, id: 'raft', runtime: 'embedded' }),
    ]
    const asked: string[] = []
    const variants = await listVariants(manifests, async (runtime) => {
      asked.push(runtime)
      return runtime === 'docker' ? 'no engine' : undefined
    })
    assert.deepEqual(asked, ['docker', 'embedded'])
    assert.deepEqual(
      variants.map((one) => [variantId(one), one.available, one.reason]),
      [
        ['boat@1.0', false, 'no engine'],
        ['boat@2.0', false, 'no engine'],
        ['raft@1.0', true, undefined],
      ],
    )
  })

  test('takes what a variant lacks from what its implementation can', () => {
    const manifest = manifestSchema.parse({
      ...plain,
      capabilities: ['roster', 'carbons'],
      lacks: { push: 'not configured' },
      variants: [{ ...plain.variants[0], capabilities: ['archive'], lacks: { carbons: 'came later' } }],
    })
    const [variant] = manifest.variants
    assert.ok(variant)
    assert.deepEqual([...capabilitiesOf(manifest, variant)], ['roster', 'archive'])
  })
})
