import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { askSocket } from './docker-version.ts'

const folder = await mkdtemp(join(tmpdir(), 'assay-engine-'))
const servers: Server[] = []
test.after(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true })
})

async function engine(answer: string | undefined): Promise<string> {
  const path = join(folder, `${servers.length}.sock`)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    if (answer !== undefined) socket.once('data', () => socket.end(answer))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return path
}
const body = '{"Components":[{"Version":"1.6"}],"Version":"28.1.0","ApiVersion":"1.48"}'

test('an engine tells its version', async () => {
  assert.equal(await askSocket(await engine(`HTTP/1.1 200 OK\r\n\r\n${body}`)), '28.1.0')
})

test('what refuses, is silent, says something else, or is not there has none', async () => {
  assert.equal(await askSocket(await engine('HTTP/1.1 403 Forbidden\r\n\r\n')), undefined)
  assert.equal(await askSocket(await engine(undefined), 50), undefined)
  assert.equal(await askSocket(await engine('SSH-2.0\r\n')), undefined)
  assert.equal(await askSocket(join(folder, 'nothing')), undefined)
})
