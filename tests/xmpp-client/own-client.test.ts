import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import type { Results } from '../../harness/record/results-schema.ts'
import type { ServeEvent } from '../../harness/run/serve-case.ts'

const root = path.join(import.meta.dirname, '../..')
const bin = path.join(root, 'bin/assay.js')
const control = 'rfc6120/6.4.6/client-logs-in'
const hostile = 'rfc5802/5/client-refuses-wrong-signature'

/** In the clone, so that the example finds its library. */
let folder = ''
let example = ''
const started = new Set<ChildProcess>()

before(async () => {
  folder = await mkdtemp(path.join(root, '.assay', 'own-client-'))
  const page = await readFile(path.join(root, 'docs/own-client.md'), 'utf8')
  example = path.join(folder, 'client.mjs')
  await writeFile(example, /```js\n(.*?)```/s.exec(page)?.[1] ?? '')
})
after(async () => {
  for (const child of started) child.kill('SIGKILL')
  await rm(folder, { recursive: true, force: true })
})

function assay(args: string[]) {
  const child = spawn(process.execPath, [bin, ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  started.add(child)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, stderr }))
  return { child, ended }
}

async function run(...args: string[]): Promise<{ code: number; stderr: string; results: Results | undefined }> {
  const out = path.join(folder, `run-${started.size}`)
  const { child, ended } = assay(['run', '--out', out, '--no-report', ...args])
  child.stdout.resume()
  const { code, stderr } = await ended
  const file = path.join(out, 'results.json')
  return { code, stderr, results: existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined }
}

const verdicts = (results: Results | undefined) =>
  Object.fromEntries(
    results?.cells[0]?.cases.map(({ id, verdict, how }) => [id, how ? `${verdict} ${how}` : verdict]) ?? [],
  )

describe('a client of the user’s own', () => {
  test('needs do no more than the example of docs/own-client.md', { timeout: 120_000 }, async () => {
    const { code, results, stderr } = await run(
      '--client',
      `${process.execPath} ${example}`,
      '--case',
      control,
      'rfc6120/5.4.2.2/client-gives-up-on-failure',
      'rfc6120/13.7.2/client-refuses-expired',
    )
    assert.deepEqual(
      verdicts(results),
      {
        [control]: 'pass',
        'rfc6120/5.4.3.3/client-starts-tls': 'pass',
        'rfc6120/5.4.2.2/client-gives-up-on-failure': 'pass refused',
        'rfc6120/13.7.2/client-refuses-expired': 'pass refused',
      },
      stderr,
    )
    assert.equal(code, 0)
  })

  test('may speak the protocol of drivers, and is asked more then', { timeout: 120_000 }, async () => {
    const peer = path.join(root, 'drivers/stanza/peer.ts')
    const { results, stderr } = await run(
      ...['--client', `${process.execPath} ${peer}`, '--transport', 'websocket', '--suite', 'xep-0313-client-mam'],
    )
    const told = Object.values(verdicts(results))
    assert.ok(told.length > 0 && !told.includes('unsupported'), `${JSON.stringify(verdicts(results))} ${stderr}`)
  })

  test('that cannot be started is told as such, with what the shell said', { timeout: 60_000 }, async () => {
    const { code, results } = await run('--client', 'no-such-command-anywhere', '--case', control)
    assert.equal(code, 3)
    assert.match(results?.cells[0]?.cases[0]?.message ?? '', /does not log in .* not found.*docs\/own-client\.md/s)
  })

  test('that leaves processes behind leaves none', { timeout: 60_000 }, async () => {
    const pidFile = path.join(folder, 'pid')
    const command = `sleep 600 & echo $! > ${pidFile}; exec ${process.execPath} ${example}`
    const { results } = await run('--client', command, '--case', control)
    assert.equal(verdicts(results)[control], 'pass')
    const pid = Number(await readFile(pidFile, 'utf8'))
    // One that nobody has waited for yet is a zombie, and gone all the same.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => `${pid} (sleep) Z`)
    assert.match(stat, /\) Z/)
  })
})

describe('assay serve', () => {
  /** Reads events until one matches. */
  const reader = (child: ChildProcess) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
    return async (type: ServeEvent['type']) => {
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`ended before "${type}"`)
        const event = JSON.parse(value) as ServeEvent & { caFile: string }
        if (event.type === type) return event
      }
    }
  }

  test('holds a case open for one client after another, and ends at Ctrl-C', { timeout: 120_000 }, async () => {
    const { child, ended } = assay(['serve', '--case', hostile, '--json'])
    const next = reader(child)
    const ready = await next('ready')
    assert.ok(ready.type === 'ready')
    for (const round of [1, 2]) {
      const client = spawn(process.execPath, [example], {
        stdio: 'ignore',
        env: {
          ...process.env,
          ASSAY_SERVICE: `xmpp://${ready.host}:${ready.port}`,
          ASSAY_DOMAIN: ready.domain,
          ASSAY_USERNAME: 'romeo',
          ASSAY_PASSWORD: ready.password,
          NODE_EXTRA_CA_CERTS: ready.caFile,
        },
      })
      started.add(client)
      const verdict = await next('verdict')
      assert.ok(verdict.type === 'verdict')
      assert.equal(verdict.round, round)
      assert.ok(['pass', 'fail'].includes(verdict.verdict), verdict.message)
      client.kill()
      await next('round')
    }
    child.kill('SIGINT')
    assert.deepEqual(await ended, { code: 0, stderr: '' })
    assert.equal(existsSync(path.dirname(ready.caFile)), false)
  })

  test('says which ports are taken, and which cases there are', { timeout: 60_000 }, async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    t.after(() => taken.close())
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const busy = await assay(['serve', '--case', control, '--port', String(port)]).ended
    assert.equal(busy.code, 3)
    assert.match(busy.stderr, new RegExp(`cannot listen on 127.0.0.1:${port}`))

    const unknown = await assay(['serve', '--case', 'rfc5802/5/client-refuses-wrong-signatur']).ended
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, new RegExp(hostile))
    const server = await assay(['serve', '--case', 'xep-0280/7/received-message-is-copied']).ended
    assert.equal(server.code, 2)
  })
})
