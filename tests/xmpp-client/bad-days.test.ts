import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Results } from '../../harness/record/results-schema.ts'
import { badDays } from '../support/bad-clients/badly/bad-days.ts'

const root = path.join(import.meta.dirname, '../..')
const right = 'rfc6120/6.4.6/client-logs-in'
const hostile = 'rfc6120/5.4.2.2/client-gives-up-on-failure'

/** One run of all of them side by side: what one does must not become another's verdict. */
describe('a client with a bad day costs its own cases, and nothing else', () => {
  let folder = ''
  let results: Results
  let code: number | null
  let took = 0

  before(
    async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'assay-bad-days-'))
      const out = path.join(folder, 'run')
      const args = ['bin/assay.js', 'run', '--implementation', 'badly', '--case', right, hostile, '--no-report']
      const started = Date.now()
      const run = spawn(process.execPath, [...args, '--out', out], {
        cwd: root,
        stdio: 'ignore',
        env: { ...process.env, ASSAY_DRIVERS: path.join(root, 'tests/support/bad-clients') },
      })
      ;[code] = await once(run, 'exit')
      took = Date.now() - started
      results = JSON.parse(await readFile(path.join(out, 'results.json'), 'utf8'))
    },
    { timeout: 300_000 },
  )
  after(() => rm(folder, { recursive: true, force: true }))

  const told = (version: string, id: string) => {
    const cell = results.cells.find(({ implementations }) => implementations[0]?.version === version)
    return cell?.cases.find((one) => one.id === id)
  }

  for (const [version, expected] of Object.entries(badDays)) {
    test(version, () => {
      for (const [id, verdict] of [
        [right, expected.right],
        [hostile, expected.hostile],
      ] as const) {
        const one = told(version, id)
        assert.match([one?.verdict, one?.how].filter(Boolean).join(' '), new RegExp(`^${verdict}`), one?.message)
      }
    })
  }

  test('none of it is a fault of the harness, and all of it ends', () => {
    assert.equal(results.totals.error, 0)
    assert.equal(code, 1)
    assert.ok(took < 180_000, `${took} ms`)
  })

  test('why one died is told', () => {
    assert.match(told('eats-memory', right)?.message ?? '', /more than 1 GiB of memory/)
    assert.match(told('writes-garbage', right)?.message ?? '', /502 Bad Gateway/)
    assert.match(told('floods-its-driver', right)?.message ?? '', /more than 20000 events/)
  })

  test('nothing outlives the run', async () => {
    const left: string[] = []
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      if (command.includes('bad-clients/badly') || command.includes('outlives-its-probe')) left.push(command)
    }
    assert.deepEqual(left, [])
  })
})
