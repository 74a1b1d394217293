import assert from 'node:assert/strict'
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { verdictsOf, workbench } from '../support/assay.ts'

describe('assay run', { concurrency: 2 }, () => {
  test('runs the default profile, ends with the report’s path, and exits 1 for what failed', async (t) => {
    const bench = await workbench(t)
    const { code, stdout, stderr } = await bench.run(['run'])
    assert.equal(code, 1, stderr)
    assert.match(stdout, /alpha@2\.0\.0\+starttls +18 +1 +1/)
    assert.match(stdout, /Report: runs\/[^/]+\/report\/index\.html\n$/)
    const results = await bench.results()
    assert.deepEqual([results.cells.length, results.totals.fail, results.complete], [4, 4, true])
    assert.equal(results.run.profile, 'embedded')
    assert.equal(await readlink(bench.path('runs/latest')), results.run.id)
    assert.match(await bench.read('runs/latest/report/index.html'), /<html/)
  })

  test('exits 0 with --show whatever the verdicts, and without it when nothing failed', async (t) => {
    const bench = await workbench(t)
    assert.equal((await bench.run(['run', '--show', '--no-report'])).code, 0)
    assert.equal((await bench.run(['run', '--case', '*/pass-*', '*/warning', '--no-report'])).code, 0)
  })

  test('prints one JSON document on stdout and nothing else', async (t) => {
    const bench = await workbench(t)
    const { stdout, stderr } = await bench.run(['run', '--json', '--implementation', 'beta'])
    const printed = JSON.parse(stdout)
    assert.deepEqual(printed, JSON.parse(await bench.read('runs/latest/results.json')))
    assert.equal(printed.schema, 'assay/results/1')
    assert.match(stderr, /beta@3\.1\+websocket: begins/)
    const [first] = printed.cells[0].cases
    assert.equal(
      first.replay,
      'npx assay run --implementation beta@3.1 --transport websocket --case xep-0999/1/pass-01',
    )
    for (const args of [
      ['list', 'cases'],
      ['list', 'implementations'],
      ['list', 'profiles'],
      ['list', 'rules'],
      ['check'],
      ['report', 'runs/latest', '--format', 'json'],
    ]) {
      JSON.parse((await bench.run([...args, '--json'])).stdout)
    }
  })

  test('an error of one cell leaves the others alone, and exits 3', async (t) => {
    const bench = await workbench(t)
    const { code, stdout } = await bench.run(['run', '--no-report'], {
      fake: { cell: 'beta@3.1+websocket', failing: 'pass' },
    })
    assert.equal(code, 3)
    assert.match(stdout, /beta@3\.1\+websocket could not be run: image fake does not build/)
    const results = await bench.results()
    assert.deepEqual([results.totals.error, results.totals.pass], [20, 57])
    assert.deepEqual(results.cells.at(-1)?.error, { message: 'image fake does not build', log: 'step 1: no' })
  })

  test('a job’s process that dies costs the case that killed it, and nothing else', async (t) => {
    const bench = await workbench(t)
    const args = ['run', '--implementation', 'beta', '--no-report', '--jobs', '4']
    assert.equal((await bench.run(args, { fake: { 'pass-07': 'dies', failing: 'pass' } })).code, 3)
    const results = await bench.results()
    assert.deepEqual([results.totals.error, results.totals.pass], [1, 18])
    const dead = results.cells[0]?.cases.find(({ verdict }) => verdict === 'error')
    assert.equal(dead?.id, 'xep-0999/1/pass-07')
    assert.match(dead?.message ?? '', /exited with code 7 while this case ran; the last it printed:\nthe fake dies/)
  })

  test('--repeat tells flaky cases by k of n, and --fail-on-flaky exits 4', async (t) => {
    const bench = await workbench(t)
    const args = [
      'run',
      '--implementation',
      'beta',
      '--case',
      '*/changing',
      '*/pass-01',
      '--repeat',
      '3',
      '--no-report',
    ]
    const { code, stdout } = await bench.run(args)
    assert.equal(code, 1)
    assert.match(stdout, /flaky: beta@3\.1\+websocket xep-0999\/1\/changing \(2 of 3\)/)
    const changing = (await bench.results()).cells[0]?.cases.find(({ id }) => id.endsWith('changing'))
    assert.deepEqual(
      [changing?.verdict, changing?.flaky, changing?.passed, changing?.attempts.length],
      ['fail', true, 2, 3],
    )
    await writeFile(bench.path('known.json'), baseline({ case: 'xep-0999/1/changing' }))
    assert.equal((await bench.run([...args, '--baseline', 'known.json'])).code, 0)
    assert.equal((await bench.run([...args, '--baseline', 'known.json', '--fail-on-flaky'])).code, 4)
  })

  test('--baseline excuses what is known, reports what is mended, and refuses what is not whole', async (t) => {
    const bench = await workbench(t)
    const args = ['run', '--implementation', 'beta', '--no-report', '--baseline', 'known.json']
    await writeFile(bench.path('known.json'), baseline({}))
    assert.equal((await bench.run(args)).code, 0)
    const mended = await bench.run(args, { fake: { failing: 'pass' } })
    assert.equal(mended.code, 0)
    assert.match(mended.stdout, /known failures that now pass: beta@3\.1\+websocket xep-0999\/1\/failing/)
    await writeFile(bench.path('known.json'), baseline({ expires: '2020-01-01', case: 'xep-0999/1/failling' }))
    const unknown = await bench.run(args)
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /entry 1: no case xep-0999\/1\/failling; did you mean xep-0999\/1\/failing/)
    await writeFile(bench.path('known.json'), baseline({ link: '' }))
    const bad = await bench.run(args)
    assert.equal(bad.code, 2)
    assert.match(bad.stderr, /--baseline known\.json: entry 1: link: /)
  })

  test('--jobs bounds the cases that run at the same time, over all cells', async (t) => {
    const bench = await workbench(t)
    for (const jobs of [1, 6]) {
      const out = `out-${jobs}`
      await bench.run(['run', '--jobs', String(jobs), '--out', out, '--no-report', '--case', '*/pass-*'])
      let running = 0
      let most = 0
      for (const line of (await bench.read(out, 'journal.ndjson')).trim().split('\n')) {
        const { type } = JSON.parse(line)
        if (type === 'case-started') most = Math.max(most, ++running)
        if (type === 'case-finished') running--
      }
      assert.ok(most <= jobs && most >= Math.min(jobs, 2), `${most} ran at the same time with --jobs ${jobs}`)
    }
  })

  test('two runs at once get two directories', async (t) => {
    const bench = await workbench(t)
    const both = await Promise.all(
      [0, 1].map(() => bench.run(['run', '--json', '--no-report', '--implementation', 'beta'])),
    )
    const [one, other] = both.map(({ stdout }) => JSON.parse(stdout))
    assert.notEqual(one.run.id, other.run.id)
    for (const { run } of [one, other]) assert.deepEqual((await bench.results(`runs/${run.id}`)).totals, one.totals)
  })

  test('shards, merged, are the whole, with their evidence', async (t) => {
    const bench = await workbench(t)
    await bench.run(['run', '--out', 'whole', '--no-report'])
    for (const index of [1, 2, 3]) {
      const { code, stderr } = await bench.run([
        'run',
        '--shard',
        `${index}/3`,
        '--out',
        `part-${index}`,
        '--no-report',
      ])
      assert.ok(code === 0 || code === 1, stderr)
    }
    const { code, stderr } = await bench.run(['merge', 'part-3', 'part-1', 'part-2', '--out', 'merged'])
    assert.equal(code, 0, stderr)
    const merged = await bench.results('merged')
    assert.deepEqual(verdictsOf(merged), verdictsOf(await bench.results('whole')))
    for (const one of merged.cells.flatMap(({ cases }) => cases)) {
      assert.equal(await bench.read('merged', one.evidence ?? '', 'transcript.ndjson'), '{}\n')
    }
    const partly = await bench.run(['merge', 'part-1', 'part-3', '--out', 'partly', '--no-report'])
    assert.equal(partly.code, 3)
    assert.match(partly.stderr, /shard 2\/3 is missing/)
    assert.equal((await bench.run(['merge', 'whole', 'part-1', '--out', 'wrong'])).code, 2)
  })

  test('compares two runs, and two implementations of one', async (t) => {
    const bench = await workbench(t)
    await bench.run(['run', '--out', 'base', '--no-report'])
    await bench.run(['run', '--out', 'head', '--no-report'], {
      fake: { 'beta@3.1+websocket pass-01': 'fail', failing: 'pass' },
    })
    const worse = await bench.run(['compare', 'base', 'head', '--json'])
    assert.equal(worse.code, 1)
    assert.deepEqual([JSON.parse(worse.stdout).totals.worse, JSON.parse(worse.stdout).totals.better], [1, 4])
    assert.equal((await bench.run(['compare', 'base', 'base'])).code, 0)
    const two = await bench.run(['compare', 'head:beta', 'head:alpha@2.0.0'])
    assert.match(
      two.stdout,
      /beta@3\.1\+websocket → alpha@2\.0\.0\+websocket\n {2}Better \(1\)\n {4}xep-0999\/1\/pass-01 {2}fail → pass/,
    )
    const same = await bench.run(['compare', 'head', '--implementation', 'beta', '--with', 'alpha'])
    assert.equal(same.stdout, two.stdout)
    assert.equal((await bench.run(['compare', 'base', 'nothing/here'])).code, 2)
  })

  test('the password of a target’s account is written nowhere', async (t) => {
    const bench = await workbench(t)
    const password = `pa'ss<wo&rd>é`
    const target = ['run', '--target', 'xmpp://example.org', '--json']
    await bench.run([...target, '--account', `romeo@example.org:${password}`])
    await bench.run([...target, `--account=juliet@example.org:${password}`])
    await bench.run(target, { env: { ASSAY_ACCOUNTS: `romeo@example.org:${password}` } })
    const runs = await readdir(bench.path('runs'), { recursive: true, withFileTypes: true })
    const files = runs.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    assert.ok(files.length > 20)
    for (const file of files) {
      const text = await readFile(file, 'utf8')
      for (const form of [password, JSON.stringify(password).slice(1, -1)]) assert.ok(!text.includes(form), file)
    }
    assert.match(await bench.read('runs/latest/results.json'), /the password is \[redacted\]/)
  })
})

const baseline = (more: object) =>
  JSON.stringify({
    entries: [
      {
        implementation: 'beta',
        case: 'xep-0999/1/failing',
        verdict: 'fail',
        reason: 'known',
        link: 'https://beta.example/1',
        expires: '2999-12-31',
        ...more,
      },
    ],
  })
