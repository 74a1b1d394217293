import type { CaseResult, CatalogueCase, CellResult, Results } from '../../harness/record/results-schema.ts'
import { escapeXml } from './escape-xml.ts'

/**
 * Results as JUnit's XML: a test suite for each cell and suite, a test case for each result. What a baseline expects is
 * no failure; `warn` passes with its message in system-out; `unsupported` and `inconclusive` are skipped.
 */
export function toJUnit(results: Results): string {
  const catalogue = new Map(results.catalogue.map((entry) => [entry.id, entry]))
  const suites = results.cells.flatMap((cell) => cellSuites(cell, catalogue))
  const sum = (key: keyof Counts) => suites.reduce((total, suite) => total + suite.counts[key], 0)
  const head = `<testsuites name="assay ${escapeXml(results.run.profile ?? results.run.id)}" tests="${sum('tests')}" failures="${sum('failures')}" errors="${sum('errors')}" skipped="${sum('skipped')}" time="${seconds(results.durationMs)}">`
  return `<?xml version="1.0" encoding="UTF-8"?>\n${[head, ...suites.map((suite) => suite.xml), '</testsuites>'].join('\n')}\n`
}

interface Counts {
  tests: number
  failures: number
  errors: number
  skipped: number
}

function cellSuites(cell: CellResult, catalogue: Map<string, CatalogueCase>): { counts: Counts; xml: string }[] {
  if (cell.error && cell.cases.length === 0) {
    const counts = { tests: 1, failures: 0, errors: 1, skipped: 0 }
    const inner = `<testcase classname="${escapeXml(cell.id)}" name="the cell runs" time="0"><error message="${escapeXml(cell.error.message)}"/></testcase>`
    return [{ counts, xml: suiteXml(`${cell.id}`, counts, 0, [inner]) }]
  }
  const bySuite = Map.groupBy(cell.cases, (result) => catalogue.get(result.id)?.suite || result.id.split('/')[0] || '')
  return [...bySuite].map(([suite, members]) => {
    const counts = { tests: members.length, failures: 0, errors: 0, skipped: 0 }
    const inner = members.map((result) => {
      const outcome = outcomeOf(result, catalogue.get(result.id))
      if (outcome.kind) counts[outcome.kind]++
      return `<testcase classname="${escapeXml(`${cell.id}.${suite}`)}" name="${escapeXml(result.id)}" time="${seconds(duration(result))}">${outcome.xml}</testcase>`
    })
    const time = members.reduce((total, result) => total + duration(result), 0)
    return { counts, xml: suiteXml(`${cell.id} ${suite}`, counts, time, inner) }
  })
}

const suiteXml = (name: string, counts: Counts, ms: number, inner: string[]): string =>
  `<testsuite name="${escapeXml(name)}" tests="${counts.tests}" failures="${counts.failures}" errors="${counts.errors}" skipped="${counts.skipped}" time="${seconds(ms)}">\n${inner.join('\n')}\n</testsuite>`

function outcomeOf(
  result: CaseResult,
  entry?: CatalogueCase,
): { kind?: 'failures' | 'errors' | 'skipped'; xml: string } {
  const message = escapeXml(result.message ?? result.difference?.actual ?? result.verdict)
  const details = escapeXml(describe(result, entry))
  if (result.verdict === 'error') return { kind: 'errors', xml: `<error message="${message}">${details}</error>` }
  if (['unsupported', 'inconclusive', 'withheld'].includes(result.verdict)) {
    return { kind: 'skipped', xml: `<skipped message="${escapeXml(`${result.verdict}: `)}${message}"/>` }
  }
  if (result.expectation?.state === 'passes') {
    const known = escapeXml(`known failure now passes: ${result.expectation.reason}`)
    return result.expected
      ? { xml: `<system-out>${known}</system-out>` }
      : { kind: 'failures', xml: `<failure type="unexpected-pass" message="${known}"/>` }
  }
  if (result.verdict === 'fail') {
    if (result.expectation?.state === 'kept' && result.expected) {
      return {
        kind: 'skipped',
        xml: `<skipped message="${escapeXml(`known failure: ${result.expectation.reason}`)}"/>`,
      }
    }
    return { kind: 'failures', xml: `<failure type="fail" message="${message}">${details}</failure>` }
  }
  return { xml: result.verdict === 'warn' ? `<system-out>${details}</system-out>` : '' }
}

const describe = (result: CaseResult, entry?: CatalogueCase): string =>
  [
    entry && `${entry.level} ${entry.specification} § ${entry.section}: ${entry.statement}`,
    entry?.url,
    result.how && `how: ${result.how}`,
    result.message,
    result.difference && `expected: ${result.difference.expected}\nactual: ${result.difference.actual}`,
    result.attempts.length > 1 && `${result.passed ?? 0} of ${result.attempts.length} attempts passed`,
    result.evidence && `evidence: ${result.evidence}`,
    result.replay && `again: ${result.replay}`,
  ]
    .filter(Boolean)
    .join('\n')

const duration = (result: CaseResult): number => result.attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0)
const seconds = (ms: number): string => (ms / 1000).toFixed(3)
