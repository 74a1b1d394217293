import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { dockerTest } from '../support/docker-test.ts'

const run = promisify(execFile)
const engine = new URL('../../harness/lab/docker/engine.ts', import.meta.url).href
const script = `import { dockerAvailable } from '${engine}'; console.log(JSON.stringify(await dockerAvailable()))`

const ask = async (dockerHost: string) => {
  const { stdout } = await run(process.execPath, ['--input-type=module-typescript', '-e', script], {
    env: { ...process.env, DOCKER_HOST: dockerHost },
  })
  return JSON.parse(stdout) as { available: boolean; reason?: string }
}

test('where no engine answers, the reason names where it was looked for', async () => {
  const { available, reason } = await ask('unix:///nonexistent/docker.sock')
  assert.equal(available, false)
  assert.match(reason ?? '', /no Docker engine answers at unix:\/\/\/nonexistent\/docker\.sock \(ENOENT\)/)
})

test('an engine that accepts and stays silent is given up after some seconds', async () => {
  const { createServer } = await import('node:net')
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  const begun = performance.now()
  assert.equal((await ask(`tcp://127.0.0.1:${port}`)).available, false)
  assert.ok(performance.now() - begun < 10_000)
  silent.close()
})

dockerTest('the engine script does nothing where an engine answers', async () => {
  const { stderr } = await run(new URL('../../containers/engine.sh', import.meta.url).pathname)
  assert.match(stderr, /answers; nothing to do/)
})
