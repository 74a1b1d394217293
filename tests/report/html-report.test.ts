import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { withholdSecurity } from '../../harness/record/withhold.ts'
import { writeHtmlReport } from '../../reports/html/index.ts'
import { hostile, makeSampleRun, sampleResults } from './sample-run.ts'

let run = ''
let pages: string[] = []
let took = 0

async function timeReport(): Promise<number> {
  const start = performance.now()
  await writeHtmlReport(run)
  return performance.now() - start
}

before(async () => {
  run = await makeSampleRun()
  // Another program may have had the machine: the better of two is what the report takes.
  took = Math.min(await timeReport(), await timeReport())
  const files = await readdir(join(run, 'report'), { recursive: true })
  pages = files.filter((file) => file.endsWith('.html')).map((file) => join(run, 'report', file))
})

after(() => rm(run, { recursive: true, force: true }))

test('the report of eight servers and nine client cells takes three seconds at most', (t) => {
  t.diagnostic(`${pages.length} pages in ${Math.round(took)} ms`)
  assert.ok(took <= 3000, `it took ${Math.round(took)} ms`)
})

test('there is a page for each specification, case and cell', async () => {
  const results = sampleResults()
  assert.equal((await readdir(join(run, 'report/impl'))).length, results.cells.length)
  // One specification and one case are known from a result alone.
  assert.equal((await readdir(join(run, 'report/spec'))).length, results.specifications.length + 1)
  assert.equal((await readdir(join(run, 'report/case'))).length, results.catalogue.length + 1)
})

test('every link inside the report leads to a file, and every anchor to an element', async () => {
  const ids = new Map<string, Set<string>>()
  const wanted: { from: string; file: string; anchor: string }[] = []
  for (const page of pages) {
    const html = await readFile(page, 'utf8')
    ids.set(page, new Set([...html.matchAll(/ id="([^"]*)"/g)].map((match) => match[1] ?? '')))
    for (const [, href = ''] of html.matchAll(/ (?:href|src|data-href)="([^"]*)"/g)) {
      if (/^https?:/.test(href)) continue
      const [path = '', anchor = ''] = href.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&').split('#')
      const file = path === '' ? page : resolve(dirname(page), decodeURIComponent(path))
      wanted.push({ from: page, file, anchor: anchor.includes('=') ? '' : decodeURIComponent(anchor) })
    }
  }
  const missing = new Set<string>()
  for (const { from, file, anchor } of wanted) {
    // The sample writes captures of what did not pass only.
    if (/\.(pcap|pcapng|log)$/.test(file)) continue
    if (!existsSync(file)) missing.add(`${from}: ${file}`)
    else if (anchor && !ids.get(file)?.has(anchor)) missing.add(`${from}: ${file}#${anchor}`)
  }
  assert.ok(wanted.length > 5000)
  assert.deepEqual([...missing].slice(0, 10), [])
})

test('no address leads anywhere but to the web or into the run directory', async () => {
  for (const page of pages) {
    const html = await readFile(page, 'utf8')
    assert.doesNotMatch(html, /(?:href|src)="\s*(?:javascript|data|vbscript|file):/i, page)
    assert.doesNotMatch(html, /passwd|shadow/, page)
  }
})

test('every page forbids what it does not need, and has no style or handler of its own', async () => {
  for (const page of pages) {
    const html = await readFile(page, 'utf8')
    assert.match(
      html,
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'/,
      page,
    )
    assert.doesNotMatch(html, /<[^<>]+ (?:style|on[a-z]+)=["']/, page)
    assert.doesNotMatch(
      html.replace(/<script type="application\/x-ndjson">[^<]*<\/script>/g, ''),
      /<script(?! src="[./]*report\.js">)/,
    )
  }
})

test('text that hides or reorders is made visible', async () => {
  const html = await readFile(join(run, 'report/case/rfc6120_1.1_server-case-0.html'), 'utf8')
  assert.ok(html.includes('‹U+202E›gnp.elifa'))
  assert.ok(html.includes('bell␇'))
  assert.ok(!html.replace(/<script type="application\/x-ndjson">[^<]*/g, '').includes('\u202E'))
  assert.ok(html.includes('{{constructor}}'), hostile.template)
})

test('a megabyte in one stanza is cut, and the page says so and stays small', async () => {
  const html = await readFile(join(run, 'report/case/rfc6120_1.1_server-case-0.html'), 'utf8')
  assert.ok(html.length < 400_000, `${html.length} characters`)
  assert.match(html, /"total":10000\d\d/)
})

test('a second report into the same folder leaves no page of the first behind', async () => {
  const out = await mkdtemp(join(tmpdir(), 'assay-report-out-'))
  try {
    const small = await mkdtemp(join(tmpdir(), 'assay-report-small-'))
    await writeHtmlReport(run, { out })
    const results = sampleResults()
    results.cells = results.cells.slice(-1)
    await writeFile(join(small, 'results.json'), JSON.stringify(results))
    const { index, pages: count } = await writeHtmlReport(small, { out })
    assert.equal(index, join(out, 'index.html'))
    const left = (await readdir(out, { recursive: true })).filter((file) => file.endsWith('.html'))
    assert.equal(left.length, count)
    await rm(small, { recursive: true, force: true })
  } finally {
    await rm(out, { recursive: true, force: true })
  }
})

test('a folder that is no run directory, and results of another shape, are named', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'assay-report-empty-'))
  try {
    await assert.rejects(writeHtmlReport(empty), /results\.json cannot be read: is .+ a run directory\?/)
    await writeFile(join(empty, 'results.json'), '{"schema":')
    await assert.rejects(writeHtmlReport(empty), /is not JSON/)
    await writeFile(join(empty, 'results.json'), JSON.stringify({ ...sampleResults(), durationMs: 'long' }))
    await assert.rejects(writeHtmlReport(empty), /not of the schema: durationMs: /)
  } finally {
    await rm(empty, { recursive: true, force: true })
  }
})

test('a run without any cell still makes a report', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'assay-report-none-'))
  try {
    await writeFile(join(empty, 'results.json'), JSON.stringify({ ...sampleResults(), cells: [], complete: false }))
    await writeHtmlReport(empty)
    assert.match(await readFile(join(empty, 'report/index.html'), 'utf8'), /This run was cut short/)
  } finally {
    await rm(empty, { recursive: true, force: true })
  }
})

test('what is withheld is nowhere in the folder that may be published', async (t) => {
  const out = await mkdtemp(join(tmpdir(), 'assay-public-'))
  t.after(() => rm(out, { recursive: true, force: true }))
  const sample = sampleResults()
  const security = new Set(sample.catalogue.filter((one) => one.security).map(({ id }) => id))
  const breaches = sample.cells.flatMap(({ cases }) =>
    cases.filter(({ id, verdict }) => security.has(id) && verdict === 'fail'),
  )
  assert.ok(breaches.length > 0)
  await writeHtmlReport(run, { out, told: (results) => withholdSecurity(results, '2099-01-31') })
  const files = await readdir(out, { recursive: true })
  const text = await Promise.all(
    files.filter((file) => /\.\w+$/.test(file)).map((file) => readFile(join(out, file), 'utf8')),
  )
  assert.ok(text.some((page) => page.includes('withheld until 2099-01-31')))
  for (const { evidence } of breaches) {
    assert.ok(evidence)
    assert.ok(!text.some((page) => page.includes(`${evidence}/`)), evidence)
  }
})

test('the page of clients tells every statement about them by what it is about, and how each behaved', async () => {
  const html = await readFile(join(run, 'report/clients.html'), 'utf8')
  const results = sampleResults()
  const clients = results.cells.filter(({ implementations }) => implementations[0]?.role === 'xmpp-client')
  const asked = new Set(clients.flatMap(({ cases }) => cases.map(({ id }) => id)))
  assert.equal(html.match(/<tr data-row=/g)?.length, asked.size)
  const hows = new Set(clients.flatMap(({ cases }) => cases.flatMap(({ how }) => how ?? [])))
  for (const how of hows) assert.ok(html.includes(how), how)
})
