import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readBuildContext } from '../../harness/lab/docker/build-context.ts'
import { baseSuites } from '../../harness/lab/docker/images.ts'

async function folderWith(context: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-context-'))
  context.after(() => rm(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}

test('the hash changes with a file, its name, its mode and a build argument, and with nothing else', async (context) => {
  const files = { Dockerfile: 'FROM a', 'run.sh': 'true' }
  const folder = await folderWith(context, files)
  const hash = async (args = {}) => (await readBuildContext(folder, args)).hash
  const first = await hash()
  assert.equal((await readBuildContext(await folderWith(context, files), {})).hash, first)
  assert.equal(await hash({ A: '1', B: '2' }), await hash({ B: '2', A: '1' }))
  assert.notEqual(await hash({ A: '1' }), first)
  await chmod(join(folder, 'run.sh'), 0o755)
  const executable = await hash()
  assert.notEqual(executable, first)
  await writeFile(join(folder, 'run.sh'), 'false')
  assert.notEqual(await hash(), executable)
})

test("a driver's sources are in the context as peer/, without what building them left, and count in the hash", async (context) => {
  const folder = await folderWith(context, { Dockerfile: 'FROM a' })
  const peer = await folderWith(context, { 'driver.py': 'pass', '.cache': '' })
  await mkdir(join(peer, '__pycache__'))
  await writeFile(join(peer, '__pycache__', 'driver.pyc'), '')
  const both = await readBuildContext(folder, {}, peer)
  assert.deepEqual(
    both.files.map(({ name }) => name),
    ['Dockerfile', 'peer/driver.py'],
  )
  assert.notEqual(both.hash, (await readBuildContext(folder, {})).hash)
  await writeFile(join(peer, 'driver.py'), 'pass # twice')
  assert.notEqual((await readBuildContext(folder, {}, peer)).hash, both.hash)
})

test('the base images of a Dockerfile are those of its build arguments, or of their defaults', async (context) => {
  const dockerfile = [
    'ARG SUITE=trixie',
    'ARG GO_SUITE=sid',
    'FROM assay/base:$' + '{GO_SUITE} AS build',
    'FROM assay/base:$SUITE',
    'FROM scratch',
    'FROM assay/base:bookworm',
  ]
  const read = await readBuildContext(await folderWith(context, { Dockerfile: dockerfile.join('\n') }), {})
  assert.deepEqual(baseSuites(read, {}), ['sid', 'trixie', 'bookworm'])
  assert.deepEqual(baseSuites(read, { SUITE: 'bookworm' }), ['sid', 'bookworm'])
})
