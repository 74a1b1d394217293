import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DriverPool } from './driver-pool.ts'
import { DriverProcess } from './driver-process.ts'

/** A driver whose whole program is this text. */
const driver = (program: string, graceMs?: number) =>
  new DriverProcess({ command: process.execPath, args: ['-e', program], ...(graceMs ? { graceMs } : {}) })

const answering = `
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method } = JSON.parse(line)
    if (method === 'fail') return console.log(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }))
    console.log(JSON.stringify({ jsonrpc: '2.0', method: 'saw', params: { method } }))
    console.log(JSON.stringify({ jsonrpc: '2.0', id, result: method }))
  })`

test('answers come to their requests, events to the listener, errors with their code', async () => {
  const child = driver(answering)
  const seen: unknown[] = []
  child.onEvent((event) => seen.push(event))
  assert.deepEqual(await Promise.all([child.request('one'), child.request('two')]), ['one', 'two'])
  assert.deepEqual(seen, [
    { event: 'saw', params: { method: 'one' } },
    { event: 'saw', params: { method: 'two' } },
  ])
  await assert.rejects(child.request('fail'), { name: 'DriverError', code: -32601 })
  await child.end()
  await assert.rejects(child.request('one'), /the driver is gone/)
})

test('events that came before anybody listened are kept', async () => {
  const child = driver(answering)
  await child.request('early')
  const seen: string[] = []
  child.onEvent(({ event }) => seen.push(event))
  assert.deepEqual(seen, ['saw'])
  await child.end()
})

test('a driver that ignores SIGTERM is killed after its grace', async () => {
  const child = driver(
    `process.on('SIGTERM', () => {}); console.log('{"jsonrpc":"2.0","method":"up"}'); setInterval(() => {}, 1000)`,
    200,
  )
  await new Promise<void>((resolve) => child.onEvent(() => resolve()))
  await child.end()
  assert.equal((await child.exited).signal, 'SIGKILL')
})

test('a driver that writes what is no JSON-RPC is ended, and says so', async () => {
  const child = driver(`console.log('hello'); setInterval(() => {}, 1000)`)
  const exit = await child.exited
  assert.match(exit.reason ?? '', /no JSON-RPC message: hello/)
  await assert.rejects(child.request('one'), /no JSON-RPC message/)
})

test('a driver that floods is ended', async () => {
  const event = '{\\"jsonrpc\\":\\"2.0\\",\\"method\\":\\"flood\\"}\\n'
  const child = driver(
    `const flood = "${event}".repeat(1000); (function more() { process.stdout.write(flood, more) })()`,
  )
  assert.match((await child.exited).reason ?? '', /more than 20000 events/)
})

test('a line without end is not held for ever', async () => {
  const child = driver(`const x = 'x'.repeat(1 << 20); (function more() { process.stdout.write(x, more) })()`)
  assert.match((await child.exited).reason ?? '', /a line of more than/)
})

test('a driver that dies tells what it printed last', async () => {
  const child = driver(`process.stdin.on('data', () => { throw new Error('out of spoons') })`)
  await assert.rejects(child.request('login'), /exited with code 1.*out of spoons/s)
})

test('a command that does not exist is a clear error', async () => {
  const child = new DriverProcess({ command: '/no/such/program', args: [] })
  await assert.rejects(child.request('initialize'), /could not be started.*ENOENT/)
  assert.match((await child.exited).reason ?? '', /could not be started/)
})

test('a driver that does not answer is told by the time that it was given', async () => {
  const child = driver(`process.stdin.resume()`)
  await assert.rejects(child.request('login', {}, 50), /did not answer "login" within 50 ms/)
  await child.end()
})

test('a pool hands out each process once, and ends them all', async () => {
  const pool = new DriverPool(() => driver(answering), 2)
  pool.fill()
  const taken = [pool.take(), pool.take(), pool.take()]
  assert.equal(new Set(taken.map(({ pid }) => pid)).size, 3)
  assert.equal(await taken[2]?.request('here'), 'here')
  await pool[Symbol.asyncDispose]()
  await Promise.all(taken.map(({ exited }) => exited))
  assert.throws(() => pool.take(), /closed/)
})
