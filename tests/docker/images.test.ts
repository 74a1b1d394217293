import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { docker } from '../../harness/lab/docker/client.ts'
import { ensureImage, listImages } from '../../harness/lab/docker/images.ts'
import { LabError } from '../../harness/lab/lab.ts'
import { dockerTest } from '../support/docker-test.ts'

const execute = promisify(execFile)

/** A folder with a Dockerfile for one test, and its images removed after it. */
async function withDockerfile(lines: string[], body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-image-'))
  try {
    await writeFile(join(folder, 'Dockerfile'), lines.join('\n'))
    await body(folder)
  } finally {
    const name = folder.split('/').at(-1)?.toLowerCase()
    for (const { tag, context } of await listImages()) if (context === name) await docker().getImage(tag).remove()
    await rm(folder, { recursive: true, force: true })
  }
}

dockerTest('a Dockerfile that does not build is a fault of the lab, with the build log', async () => {
  const lines = ['FROM assay/base:bookworm', 'RUN echo this was tried && exit 3']
  await withDockerfile(lines, async (folder) => {
    await assert.rejects(ensureImage(folder), (error: unknown) => {
      assert.ok(error instanceof LabError)
      assert.match(error.message, /does not build/)
      assert.match(error.log ?? '', /this was tried/)
      assert.match(error.log ?? '', /code: 3/)
      return true
    })
    // It is tried again, not remembered.
    await assert.rejects(ensureImage(folder), LabError)
  })
})

dockerTest('a version that the suite does not carry does not build, and says what it carries', async () => {
  await assert.rejects(ensureImage('prosody', { SUITE: 'bookworm', VERSION: '9.9' }), (error: unknown) => {
    assert.ok(error instanceof LabError)
    assert.match(error.log ?? '', /Debian bookworm carries prosody 0\.12\.3\S*, not 9\.9/)
    return true
  })
})

dockerTest('an image is built once for a content, and anew when a file or a build argument changes', async () => {
  const lines = ['FROM assay/base:bookworm', 'ARG WORD', 'RUN echo $WORD >/word']
  await withDockerfile(lines, async (folder) => {
    const progress: string[] = []
    const onProgress = (line: string) => void progress.push(line)
    const first = await ensureImage(folder, { WORD: 'a' }, { onProgress })
    assert.match(first.tag, /^assay\/assay-image-\S+:[0-9a-f]{12}$/)
    assert.ok(progress.some((line) => line.startsWith('built ')))
    progress.length = 0
    assert.deepEqual(await ensureImage(folder, { WORD: 'a' }, { onProgress }), first)
    assert.deepEqual(progress, [])
    const second = await ensureImage(folder, { WORD: 'b' })
    assert.notEqual(second.tag, first.tag)
    await writeFile(join(folder, 'another-file'), '')
    assert.notEqual((await ensureImage(folder, { WORD: 'a' })).tag, first.tag)
    const listed = (await listImages()).map(({ tag }) => tag)
    assert.ok(listed.includes(first.tag) && listed.includes(second.tag))
  })
})

dockerTest('a folder that is not there is told by name', async () => {
  await assert.rejects(ensureImage('nothing-of-this-name'), /image nothing-of-this-name cannot be read/)
})

dockerTest('two processes that want the same image build it once', async () => {
  const lines = ['FROM assay/base:bookworm', 'RUN sleep 1']
  await withDockerfile(lines, async (folder) => {
    const images = new URL('../../harness/lab/docker/images.ts', import.meta.url).href
    const script = `
      import { ensureImage } from '${images}'
      let built = false
      await ensureImage('${folder}', {}, { onProgress: (line) => { built ||= line.startsWith('built ') } })
      console.log(built ? 'built' : 'found')`
    const run = () => execute(process.execPath, ['--input-type=module-typescript', '-e', script])
    const said = (await Promise.all([run(), run()])).map(({ stdout }) => stdout.trim())
    assert.deepEqual(said.sort(), ['built', 'found'])
  })
})
