import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DOMParser } from '@xmldom/xmldom'
import { sampleResults } from '../../tests/report/sample-run.ts'
import { escapeXml } from './escape-xml.ts'
import { toJUnit } from './to-junit.ts'

const parse = (xml: string) => {
  const errors: string[] = []
  const parser = new DOMParser({ onError: (level, message) => errors.push(`${level} ${message}`) })
  const document = parser.parseFromString(xml, 'text/xml')
  assert.deepEqual(errors, [])
  return document
}

test('it is well-formed, hostile messages and ids included', () => {
  const xml = toJUnit(sampleResults())
  const document = parse(xml)
  assert.equal(document.documentElement?.tagName, 'testsuites')
  assert.equal(/[^\t\n\x20-\uFFFD]/.test(xml), false)
})

test('there is a test case for each result, and one for each cell that did not run', () => {
  const results = sampleResults()
  const cases = results.cells.reduce((sum, cell) => sum + cell.cases.length, 0)
  const broken = results.cells.filter((cell) => cell.error).length
  assert.equal(parse(toJUnit(results)).getElementsByTagName('testcase').length, cases + broken)
})

test('a failure says statement, expected, actual and how to run it again', () => {
  const failure = parse(toJUnit(sampleResults())).getElementsByTagName('failure')[1]?.textContent ?? ''
  assert.match(failure, /^(MUST|SHOULD|MAY|none) .+ § .+: .+/)
  assert.match(failure, /expected: [\s\S]+actual: [\s\S]+again: npx assay run/)
})

test('the counts of a suite are those of its cases', () => {
  const document = parse(toJUnit(sampleResults()))
  for (const suite of Array.from(document.getElementsByTagName('testsuite'))) {
    assert.equal(Number(suite.getAttribute('tests')), suite.getElementsByTagName('testcase').length)
    assert.equal(Number(suite.getAttribute('failures')), suite.getElementsByTagName('failure').length)
    assert.equal(Number(suite.getAttribute('skipped')), suite.getElementsByTagName('skipped').length)
    assert.equal(Number(suite.getAttribute('errors')), suite.getElementsByTagName('error').length)
  }
})

test('what a baseline knows is skipped with its reason, what it knows wrongly fails', () => {
  const results = sampleResults()
  const result = results.cells[0]?.cases[5]
  assert.ok(result)
  const expectation = {
    verdict: 'fail',
    reason: 'issue 12',
    link: 'https://example.org/12',
    expires: '2027-01-01',
  } as const
  Object.assign(result, { verdict: 'fail', expected: true, expectation: { ...expectation, state: 'kept' } })
  assert.match(toJUnit(results), /<skipped message="known failure: issue 12"\/>/)
  Object.assign(result, { verdict: 'pass', expected: false, expectation: { ...expectation, state: 'passes' } })
  assert.match(toJUnit(results), /<failure type="unexpected-pass" message="known failure now passes: issue 12"\/>/)
})

test('characters that XML cannot hold are shown, not dropped', () => {
  assert.equal(escapeXml('a\u0000<b>&"\'\uD800\uFFFE'), 'a␀&#60;b&#62;&#38;&#34;&#39;‹U+D800›‹U+FFFE›')
})
