import { join } from 'node:path'
import type { CaseResult, CatalogueCase } from '../../../harness/record/results-schema.ts'
import type { Column } from '../../model/columns.ts'
import { safeUrl } from '../../model/safe-url.ts'
import { tally } from '../../model/tally.ts'
import { bySeverity, verdictSigns } from '../../model/verdict-signs.ts'
import { embedLines } from '../embed-lines.ts'
import { anchorOf, hrefBetween, hrefOf, insideRun, pages } from '../links.ts'
import { readPart, readTranscript } from '../read-evidence.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'
import { resultSquare, verdictFilters } from '../square.ts'

/** Specifications whose cases are about connecting and logging in: nothing of it is folded away. */
const aboutLogin = new Set([
  'RFC 6120',
  'RFC 5802',
  'RFC 7395',
  'RFC 7590',
  'XEP-0206',
  'XEP-0368',
  'XEP-0386',
  'XEP-0388',
  'XEP-0440',
  'XEP-0474',
  'XEP-0484',
])

/** The page of one case: the statement, and what came of it with each implementation. */
export function casePage(site: Site, entry: CatalogueCase): string {
  const { indexed } = site
  const found = indexed.panels
    .flatMap(({ columns }) => columns)
    .flatMap((column) => {
      const result = indexed.result(column.cell, entry.id)
      return result ? [{ column, result }] : []
    })
  const sorted = found.toSorted((a, b) => bySeverity.indexOf(a.result.verdict) - bySeverity.indexOf(b.result.verdict))
  const position = indexed.cases.indexOf(entry)
  const neighbour = (at: number) => {
    const other = indexed.cases[at]
    return other && { id: other.id, href: `../${hrefOf(pages.case(other.id))}` }
  }
  const specificationHref = `../${hrefOf(pages.specification(entry.specification))}`
  const control = entry.control ? indexed.cases.find(({ id }) => id === entry.control) : undefined
  return render('case', {
    ...frameOf(site, 'case', {
      title: entry.statement.replaceAll('`', ''),
      root: '../',
      crumbs: [
        { text: entry.specification, href: specificationHref },
        { text: `§ ${entry.section}`, href: `${specificationHref}#q=${encodeURIComponent(`§ ${entry.section}`)}` },
        { text: entry.id.split('/').at(-1) ?? entry.id },
      ],
      searches: 'implementations',
    }),
    entry,
    keepsLogin: aboutLogin.has(entry.specification),
    specificationHref,
    url: safeUrl(entry.url),
    control: entry.control && {
      id: entry.control,
      href: control && `../${hrefOf(pages.case(control.id))}`,
    },
    previous: neighbour(position - 1),
    next: neighbour(position + 1),
    filters: verdictFilters(tally(found.map(({ result }) => result))),
    strip: found.map(({ column, result }) => ({
      ...resultSquare(result, {
        column: anchorOf(column.cell.id),
        name: column.name,
        href: `#${anchorOf(column.cell.id)}`,
      }),
      name: column.name,
    })),
    results: sorted.map(({ column, result }, index) => resultView(site, entry, column, result, index === 0)),
  })
}

function resultView(site: Site, entry: CatalogueCase, column: Column, result: CaseResult, isFirst: boolean) {
  const isBroken = !['pass', 'unsupported', 'withheld'].includes(result.verdict)
  const evidence = evidenceView(site, result, isBroken)
  return {
    anchor: anchorOf(column.cell.id),
    name: column.name,
    implementationHref: `../${hrefOf(pages.implementation(column.cell.id))}`,
    verdict: result.verdict,
    sign: verdictSigns[result.verdict],
    how: result.how,
    flaky: result.flaky,
    unexpected: site.hasBaseline && !result.expected,
    isOpen: isBroken,
    isTranscriptOpen: isBroken && isFirst,
    message: repeatsDifference(result) ? undefined : result.message,
    // Without a difference, what was expected is the statement.
    expected: result.difference?.expected ?? (isBroken ? entry.statement : undefined),
    actual: result.difference?.actual ?? (isBroken ? result.message : undefined),
    isLetter: Boolean(result.difference),
    passed: result.passed,
    attempts: result.attempts.map((attempt) => ({
      ...attempt,
      sign: verdictSigns[attempt.verdict],
      ms: milliseconds(attempt.durationMs),
    })),
    manyAttempts: result.attempts.length > 1,
    duration: milliseconds(result.attempts.reduce((sum, attempt) => sum + attempt.durationMs, 0)),
    expectation: result.expectation && {
      ...result.expectation,
      link: safeUrl(result.expectation.link),
      linkText: result.expectation.link,
    },
    replay: result.replay,
    ...evidence,
  }
}

/** `expected …, got …` says nothing that the two sides do not. */
const repeatsDifference = ({ message, difference }: CaseResult): boolean =>
  difference !== undefined && message === `expected ${difference.expected}, got ${difference.actual}`

function evidenceView({ runDirectory, out }: Site, result: CaseResult, isBroken: boolean) {
  const folder = result.evidence ? insideRun(runDirectory, result.evidence) : undefined
  if (!folder) return {}
  const files = (result.files ?? []).flatMap((name) => {
    const file = insideRun(folder, name)
    return file ? [{ name, href: hrefBetween(join(out, 'case'), file), what: whatFilesHold[name] }] : []
  })
  const transcript = files.some(({ name }) => name === 'transcript.ndjson')
    ? readTranscript(folder, isBroken ? 160_000 : 40_000)
    : undefined
  const logName = ['client.log', 'iut.log'].find((name) => isBroken && files.some((file) => file.name === name))
  const log = logName ? readPart(join(folder, logName), 6_000, 'end')?.toString('utf8').trim() : undefined
  return {
    files,
    transcript: transcript && embedLines(transcript.lines),
    transcriptCount: transcript?.count,
    transcriptLeft: transcript?.left,
    transcriptHref: files.find(({ name }) => name === 'transcript.ndjson')?.href,
    log: log || undefined,
    logName,
    logHref: files.find(({ name }) => name === logName)?.href,
  }
}

const whatFilesHold: Record<string, string> = {
  'transcript.ndjson': 'both directions, byte-exact',
  'capture.pcap': 'packets',
  'capture.pcapng': 'packets with the TLS secrets inside: opens decrypted in Wireshark',
  'keys.log': 'TLS key log',
  'iut.log': 'log of the implementation under test',
  'client.log': 'what the client said',
  'findings.json': 'what rules say of the trace',
}

const milliseconds = (value: number): string => (value < 10 ? value.toFixed(1) : String(Math.round(value)))
