import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { verdictsOf, type Workbench, workbench } from '../support/assay.ts'

const slow = { FAKE_MS: '60' }

/** How often each attempt was finished, over all sessions of a run. */
async function finishes(bench: Workbench, run = 'runs/latest'): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const line of (await bench.read(run, 'journal.ndjson')).split('\n')) {
    const [, cell, id] = /"cell":"([^"]+)","type":"case-finished","id":"([^"]+)"/.exec(line) ?? []
    if (id) counts.set(`${cell} ${id}`, (counts.get(`${cell} ${id}`) ?? 0) + 1)
  }
  return counts
}

/** The id of the newest run, once it has begun. */
const runId = async (bench: Workbench): Promise<string> => JSON.parse(await bench.read('runs/latest/run.json')).id

async function gone(bench: Workbench, id: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if ((await bench.processes(id)).length === 0) return
    await delay(25)
  }
  assert.fail(`processes of the run are left: ${await bench.processes(id)}`)
}

describe('bad days', { concurrency: 2 }, () => {
  test('after kill -9, --resume loses no case and runs none twice, torn line and all', async (t) => {
    const bench = await workbench(t)
    const { child, ended } = bench.start(['run', '--no-report'], { env: slow })
    await bench.lines('case-finished', 20)
    child.kill('SIGKILL')
    await ended
    await gone(bench, await runId(bench))
    const path = bench.path('runs/latest/journal.ndjson')
    const whole = await readFile(path, 'utf8')
    const lastFinish = whole.lastIndexOf('{"at"', whole.lastIndexOf('"case-finished"'))
    await writeFile(path, whole.slice(0, lastFinish + 40))
    const before = (await finishes(bench)).size

    const { code, stderr, stdout } = await bench.run(['run', '--resume', 'runs/latest'])
    assert.equal(code, 1, stderr)
    assert.match(stderr, /journal: line \d+ could not be read/)
    const after = await finishes(bench)
    assert.ok(before >= 19 && before < 80)
    assert.equal(after.size, 80)
    assert.ok([...after.values()].every((count) => count === 1))
    const results = await bench.results()
    assert.equal(results.complete, true)
    assert.match(stdout, /Report: /)
    await bench.run(['run', '--out', 'calm', '--no-report'])
    assert.deepEqual(verdictsOf(results), verdictsOf(await bench.results('calm')))
  })

  test('a run that was killed is reported from its journal', async (t) => {
    const bench = await workbench(t)
    const { child, ended } = bench.start(['run'], { env: slow })
    await bench.lines('case-finished', 5)
    child.kill('SIGKILL')
    await ended
    const { stdout, code } = await bench.run(['report', 'runs/latest', '--format', 'json'])
    assert.equal(code, 0)
    const results = JSON.parse(stdout)
    assert.equal(results.complete, false)
    assert.ok(results.totals.pass >= 5 && results.totals.error === 0)
  })

  test('Ctrl-C stops the jobs, keeps what is recorded, says how to go on, and exits 130', async (t) => {
    const bench = await workbench(t)
    const { child, ended } = bench.start(['run', '--no-report'], { env: slow })
    await bench.lines('case-finished', 10)
    child.kill('SIGINT')
    const { code, stderr } = await ended
    assert.equal(code, 130)
    assert.match(stderr, /To go on: assay run --resume runs\//)
    const results = await bench.results()
    assert.equal(results.complete, false)
    assert.ok((results.totals.pass ?? 0) >= 10)
    assert.deepEqual(await bench.processes(results.run.id), [])
    assert.equal((await bench.run(['run', '--resume', 'runs/latest', '--show', '--no-report'])).code, 0)
    assert.ok([...(await finishes(bench)).values()].every((count) => count === 1))
    assert.equal((await bench.results()).complete, true)
  })

  test('Ctrl-C twice stops jobs that do not listen', async (t) => {
    const bench = await workbench(t)
    const { child, ended } = bench.start(['run', '--implementation', 'beta', '--no-report', '--jobs', '1'], {
      fake: { 'pass-03': 'hangs' },
    })
    await bench.lines('"case-started","id":"xep-0999/1/pass-03"', 1)
    child.kill('SIGINT')
    await delay(700)
    child.kill('SIGINT')
    const { code } = await ended
    assert.equal(code, 130)
    const results = await bench.results()
    assert.equal(results.totals.pass, 2)
    assert.deepEqual(await bench.processes(results.run.id), [])
  })

  test('assay clean ends what outlived a killed run', async (t) => {
    const bench = await workbench(t)
    const { child, ended } = bench.start(['run', '--implementation', 'beta', '--no-report', '--jobs', '1'], {
      fake: { 'pass-03': 'hangs' },
    })
    await bench.lines('"case-started","id":"xep-0999/1/pass-03"', 1)
    child.kill('SIGKILL')
    await ended
    const id = await runId(bench)
    assert.equal((await bench.processes(id)).length, 1, 'a process that does not listen outlives its parent')
    const { stdout } = await bench.run(['clean', '--json'])
    assert.ok(JSON.parse(stdout).processes.some((one: { runId: string }) => one.runId === id))
    await gone(bench, id)
  })

  test('a full disk stops the run with what to do, and nothing recorded is lost', async (t) => {
    const bench = await workbench(t)
    const disk = bench.path('disk')
    await mkdir(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'pipe' })
    } catch {
      return t.skip('needs root, to make a disk that is small enough')
    }
    try {
      const args = ['run', '--repeat', '3', '--no-report', '--out', 'disk/run']
      const { code, stderr } = await bench.run(args)
      assert.equal(code, 3, stderr)
      assert.match(
        stderr,
        /no room left under disk\/run: what was recorded is kept; make room, then: assay run --resume disk\/run/,
      )
      const recorded = (await bench.read('disk/run/journal.ndjson'))
        .split('\n')
        .filter((line) => line.includes('case-finished')).length
      assert.ok(recorded > 3 && recorded < 240)
      execFileSync('mount', ['-o', 'remount,size=64m', disk])
      assert.equal((await bench.run(['run', '--resume', 'disk/run', '--show', '--no-report'])).code, 0)
      const results = await bench.results('disk/run')
      assert.deepEqual([results.complete, results.totals.error], [true, 0])
      const attempts = results.cells.flatMap(({ cases }) => cases.flatMap((one) => one.attempts))
      assert.equal(attempts.length, 240)
    } finally {
      execFileSync('umount', ['-l', disk])
    }
  })

  test('a job that says that the disk is full stops the run too', async (t) => {
    const bench = await workbench(t)
    const args = ['run', '--implementation', 'beta', '--no-report', '--jobs', '1']
    const { code, stderr } = await bench.run(args, { fake: { 'pass-05': 'disk-full' } })
    assert.equal(code, 3)
    assert.match(stderr, /no room left under/)
    assert.equal((await bench.results()).totals.pass, 4)
    assert.equal((await bench.run(['run', '--resume', 'runs/latest', '--show', '--no-report'])).code, 0)
    assert.equal((await bench.results()).totals.pass, 18)
  })

  test('without Docker: what needs it is an error with the reason, the rest runs, and it runs on resume', async (t) => {
    const bench = await workbench(t)
    const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
    const alone = await bench.run(['run', '--profile', 'servers'], { env })
    assert.equal(alone.code, 3)
    assert.match(
      alone.stderr,
      /none of the 1 cells can be run here: no Docker engine .*containers\/engine\.sh.*assay check/,
    )
    await assert.rejects(bench.read('runs/latest/run.json'), 'no run began')
    const { code, stdout } = await bench.run(['run', '--implementation', 'barge', 'boat', '--no-report', '--show'], {
      env,
    })
    assert.equal(code, 3, 'not everything ran')
    assert.match(stdout, /barge@1\.2 could not be run: no Docker engine/)
    const { totals } = await bench.results()
    assert.deepEqual([totals.pass, totals.error], [2, 2])
    const listed = await bench.run(['list', 'implementations', '--json'], { env })
    const barge = JSON.parse(listed.stdout).find(({ id }: { id: string }) => id === 'barge')
    assert.deepEqual([barge.available, /no Docker engine/.test(barge.reason)], [false, true])
    const checked = await bench.run(['check'], { env })
    assert.equal(checked.code, 0)
    assert.match(checked.stdout, /missing +docker .*containers\/engine\.sh/)
    assert.match((await bench.run(['clean'], { env })).stderr, /containers and networks were left out/)
  })

  test('--resume refuses what is no run, what still runs, and what contradicts it', async (t) => {
    const bench = await workbench(t)
    const refused = async (args: string[], message: RegExp) => {
      const { code, stderr } = await bench.run(['run', '--resume', ...args])
      assert.deepEqual([code, message.test(stderr)], [2, true], stderr)
    }
    await refused(['runs/nothing'], /runs\/nothing is not a run directory: it has no run\.json/)
    const { child, ended } = bench.start(['run', '--no-report', '--jobs', '1'], { env: { FAKE_MS: '400' } })
    await bench.lines('case-started', 1)
    await refused(['runs/latest'], /the run is still going on, in process \d+/)
    child.kill('SIGINT')
    await ended
    await refused(['runs/latest', '--repeat', '2', '--suite', 'x'], /leave out --suite, --repeat/)
  })

  test('the accounts of a target are asked for again on --resume', async (t) => {
    const bench = await workbench(t)
    const account = ['--account', 'romeo@example.org:secret-word']
    await bench.run(['run', '--target', 'xmpp://example.org', '--no-report', ...account])
    const { code, stderr } = await bench.run(['run', '--resume', 'runs/latest'])
    assert.deepEqual([code, /give --account JID:PASSWORD again for romeo@example\.org/.test(stderr)], [2, true], stderr)
    assert.equal((await bench.run(['run', '--resume', 'runs/latest', '--show', '--no-report', ...account])).code, 0)
  })

  test('what is wrong on the command line is told with the nearest right one, and exits 2', async (t) => {
    const bench = await workbench(t)
    const wrong: [string[], RegExp][] = [
      [['rnu'], /unknown command 'rnu'\n\(Did you mean run\?\)/],
      [['run', '--repaet', '2'], /Did you mean --repeat\?/],
      [['run', '--implementation', 'alhpa'], /did you mean alpha\?/],
      [['run', '--implementation', 'alpha@2.0.1'], /did you mean alpha@2\.0\.0/],
      [['run', '--suite', 'xep-099-fake-client'], /did you mean xep-0999-fake-client\?/],
      [['run', '--case', 'xep-0999/1/control!'], /did you mean xep-0999\/1\/control/],
      [['run', '--profile', 'embeded'], /did you mean embedded\?/],
      [['run', '--transport', 'starttsl'], /did you mean starttls\?/],
      [['run', '--jobs', '0'], /Takes a whole number from 1/],
      [['run', '--shard', '3/2'], /takes I\/N/],
      [['run', '--target', 'example.org'], /takes xmpp:\/\/domain/],
      [['run', '--out', '.'], /holds something already/],
      [['list', 'casse'], /did you mean cases\?/],
      [['report', 'nowhere'], /nowhere is not a run directory/],
      [['compare', 'a'], /name what to compare with/],
      [['contract', 'alhpa'], /did you mean alpha\?/],
    ]
    await writeFile(bench.path('something'), '')
    for (const [args, message] of wrong) {
      const { code, stdout, stderr } = await bench.run(args)
      assert.deepEqual([code, stdout, message.test(stderr)], [2, '', true], `${args.join(' ')}: ${stderr}`)
    }
  })

  test('every command explains itself', async (t) => {
    const bench = await workbench(t)
    for (const command of ['run', 'list', 'report', 'compare', 'merge', 'contract', 'images', 'check', 'clean']) {
      const { code, stdout } = await bench.run([command, '--help'])
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^Usage: assay ${command}`))
    }
  })
})
