import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { cleanAll, cleanRun } from '../../harness/lab/docker/clean.ts'
import { docker } from '../../harness/lab/docker/client.ts'
import { dockerTest } from '../support/docker-test.ts'
import { labServer, testRunId } from '../support/lab-server.ts'

dockerTest('a lab that is disposed of leaves no container and no network', async () => {
  const lab = await labServer('prosody')
  assert.deepEqual(await left(lab.runId), { containers: 2, networks: 1 })
  await lab[Symbol.asyncDispose]()
  assert.deepEqual(await left(lab.runId), { containers: 0, networks: 0 })
})

dockerTest('cleaning one run leaves another alone, and says what it removed', async () => {
  const mine = await labServer('prosody')
  await using other = await labServer('prosody')
  const removed = await cleanRun(mine.runId)
  assert.equal(removed.containers.length, 2)
  assert.equal(removed.networks.length, 1)
  assert.deepEqual(await left(mine.runId), { containers: 0, networks: 0 })
  assert.deepEqual(await left(other.runId), { containers: 2, networks: 1 })
  await mine[Symbol.asyncDispose]()
})

dockerTest('after kill -9, cleaning removes what the dead process left and nothing of one that lives', async () => {
  await using living = await labServer('prosody')
  const runId = testRunId()
  const script = `
    import { labServer } from '${new URL('../support/lab-server.ts', import.meta.url).href}'
    await labServer('prosody', undefined, '${runId}')
    console.log('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) if (line === 'ready') break
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.deepEqual(await left(runId), { containers: 2, networks: 1 })
  await cleanAll()
  assert.deepEqual(await left(runId), { containers: 0, networks: 0 })
  assert.deepEqual(await left(living.runId), { containers: 2, networks: 1 })
})

dockerTest('a container without the label is nobody that cleaning knows', async () => {
  const stranger = await docker().createContainer({
    Image: await anyImage(),
    Cmd: ['true'],
    Labels: { 'some.other': '1' },
  })
  try {
    await cleanAll()
    assert.ok(await stranger.inspect())
  } finally {
    await stranger.remove({ force: true })
  }
})

async function left(runId: string): Promise<{ containers: number; networks: number }> {
  const filters = { label: [`dev.assay.run=${runId}`] }
  const containers = await docker().listContainers({ all: true, filters })
  return { containers: containers.length, networks: (await docker().listNetworks({ filters })).length }
}

async function anyImage(): Promise<string> {
  const { ensureImage } = await import('../../harness/lab/docker/images.ts')
  return (await ensureImage('tcpdump')).tag
}
