import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { makeCatalogue, sectionUrl } from './catalogue.ts'
import { loadSuites } from './load-suites.ts'

const folder = await mkdtemp(join(tmpdir(), 'assay-suites-'))
after(() => rm(folder, { recursive: true }))

let count = 0
async function suites(files: Record<string, string>) {
  const root = join(folder, String(count++))
  for (const [name, source] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), source)
  }
  return loadSuites(root)
}
const suite = (specification: string, ...ids: string[]) => `export default {
  specification: '${specification}', version: '1.1', title: 'T', category: 'IM', role: 'xmpp-server',
  cases: ${JSON.stringify(ids)}.map((id) => ({ id, section: id.split('/')[1], level: 'MUST', statement: 's', body: async () => {} })),
}`

describe('loading suites', () => {
  test('takes the id from the file name, in all folders, and leaves tests and helpers alone', async () => {
    const loaded = await suites({
      'xmpp/xep-0280-carbons.ts': suite('XEP-0280', 'xep-0280/7/a'),
      'ice/rfc8445-checks.ts': suite('RFC 8445', 'rfc8445/7.1/a'),
      'xmpp/xep-0280-carbons.test.ts': 'throw new Error("a test")',
      'xmpp/_helper.ts': 'throw new Error("a helper")',
    })
    assert.deepEqual(
      loaded.map(({ id, file }) => [id, file]),
      [
        ['rfc8445-checks', 'ice/rfc8445-checks.ts'],
        ['xep-0280-carbons', 'xmpp/xep-0280-carbons.ts'],
      ],
    )
  })

  test('refuses two suites of one name, two cases of one id, and what is no suite', async () => {
    const one = suite('XEP-0001', 'xep-0001/1/a')
    await assert.rejects(
      suites({ 'a/x.ts': one, 'b/x.ts': suite('XEP-0002') }),
      /a\/x\.ts and suites\/b\/x\.ts are both called x/,
    )
    await assert.rejects(
      suites({ 'a.ts': one, 'b.ts': one }),
      /case xep-0001\/1\/a is in suites\/a\.ts and in suites\/b\.ts/,
    )
    await assert.rejects(suites({ 'a.ts': 'export default 1' }), /suites\/a\.ts has no suite/)
    await assert.rejects(suites({ 'a.ts': 'throw new Error("no")' }), /suites\/a\.ts cannot be loaded: no/)
  })
})

describe('the catalogue', () => {
  test('links each case to its section', () => {
    assert.equal(sectionUrl('RFC 6120', '4.3.2'), 'https://www.rfc-editor.org/rfc/rfc6120#section-4.3.2')
    assert.equal(sectionUrl('RFC 6120', 'A.1'), 'https://www.rfc-editor.org/rfc/rfc6120#appendix-A.1')
    assert.equal(sectionUrl('XEP-0280', '7'), 'https://xmpp.org/extensions/xep-0280.html')
    assert.equal(sectionUrl('Something else', '7'), '')
  })

  test('names each specification once, also one that only a case is about', async () => {
    const loaded = await suites({
      'a.ts': suite('XEP-0001', 'xep-0001/1/a'),
      'b.ts': suite('XEP-0001', 'xep-0001/2/b'),
    })
    const [first] = loaded
    const [borrowed] = first?.suite.cases ?? []
    assert.ok(borrowed)
    borrowed.specification = 'RFC 7590'
    const { specifications, cases } = makeCatalogue(loaded)
    assert.deepEqual(
      specifications.map(({ id, version }) => [id, version]),
      [
        ['RFC 7590', ''],
        ['XEP-0001', '1.1'],
      ],
    )
    assert.deepEqual(
      cases.map(({ id, suite: name, specification, version }) => [id, name, specification, version]),
      [
        ['xep-0001/1/a', 'a', 'RFC 7590', ''],
        ['xep-0001/2/b', 'b', 'XEP-0001', '1.1'],
      ],
    )
  })

  test('the first case of each section leads, over all files of the specification, unless a case says otherwise', async () => {
    const loaded = await suites({
      'a.ts': suite('XEP-0001', 'xep-0001/1/a', 'xep-0001/1/b', 'xep-0001/2/c'),
      'b.ts': suite('XEP-0001', 'xep-0001/2/d', 'xep-0001/2/e', 'xep-0001/3/f'),
    })
    const e = loaded[1]?.suite.cases[1]
    assert.ok(e)
    e.leads = true
    const leading = makeCatalogue(loaded).cases.filter(({ thorough }) => !thorough)
    assert.deepEqual(
      leading.map(({ id }) => id.at(-1)),
      ['a', 'c', 'e', 'f'],
    )
  })
})
