import type { CaseResult, CatalogueCase } from '../../../harness/record/results-schema.ts'
import { compareClaims } from '../../model/claims.ts'
import type { Column, Panel } from '../../model/columns.ts'
import { stagesOfPair } from '../../model/pair-matrix.ts'
import { safeUrl } from '../../model/safe-url.ts'
import { tally } from '../../model/tally.ts'
import { bySeverity, verdictSigns } from '../../model/verdict-signs.ts'
import { anchorOf, hrefOf, pages } from '../links.ts'
import { stageView } from '../pair-view.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'
import { barOf, verdictFilters } from '../square.ts'
import { laddersOf } from './ladder-page.ts'

/** The page of one column: what the implementation breaks, and what it claims against what was seen. */
export function implementationPage(site: Site, panel: Panel, column: Column): string {
  const { indexed } = site
  const { cell } = column
  const all = tally(cell.cases)
  const anchor = anchorOf(cell.id)
  const line = (entry: CatalogueCase, result: CaseResult) => ({
    href: `../${hrefOf(pages.case(entry.id))}#${anchor}`,
    entry,
    verdict: result.verdict,
    sign: verdictSigns[result.verdict],
    how: result.how,
    flaky: result.flaky,
    unexpected: site.hasBaseline && !result.expected,
    state: result.expectation?.state,
    said: result.verdict === 'pass' ? undefined : (result.difference?.actual ?? result.message),
  })
  const lines = indexed.cases.flatMap((entry) => {
    const result = indexed.result(cell, entry.id)
    return result ? [line(entry, result)] : []
  })
  const sections = bySeverity
    .map((verdict) => ({ verdict, sign: verdictSigns[verdict], lines: lines.filter((one) => one.verdict === verdict) }))
    .filter((section) => section.lines.length > 0)
    .map((section) => ({
      ...section,
      count: section.lines.length,
      isOpen: section.verdict !== 'unsupported' && section.verdict !== 'pass',
    }))
  const claims = compareClaims(column, indexed).map((claim) => {
    const counted = tally(claim.results)
    return {
      ...claim,
      href: `../${hrefOf(pages.specification(claim.specification))}#c=${encodeURIComponent(anchor)}`,
      title: indexed.specifications.find(({ id }) => id === claim.specification)?.title,
      sentence: counted.sentence,
      bar: barOf(counted),
      isFalse: claim.broken.length > 0,
      brokenCount: claim.broken.length,
      broken: claim.broken.map(({ id }) => ({ id, href: `../${hrefOf(pages.case(id))}#${anchor}` })),
    }
  })
  return render('implementation', {
    ...frameOf(site, 'implementation', {
      title: column.name,
      root: '../',
      crumbs: [{ text: panel.title }, { text: column.name }],
      searches: 'statements',
    }),
    column,
    homepage: safeUrl(cell.implementations[0]?.homepage),
    environment: Object.entries(cell.environment).map(([name, value]) => ({ name, value })),
    sentence: all.sentence,
    filters: verdictFilters(all),
    bar: all.total > 0 ? barOf(all) : undefined,
    error: cell.error,
    runHref: `../${pages.run}#${anchor}`,
    siblings: panel.columns
      .filter((other) => other !== column && other.family === column.family)
      .map((other) => sibling(site, column, other)),
    stages: stagesOfPair(cell).map(stageView),
    ladders: laddersOf(site, cell),
    sections,
    specifications: indexed.specifications.flatMap(({ id, title }) => {
      const counted = tally(indexed.casesOf(id).flatMap((entry) => indexed.result(cell, entry.id) ?? []))
      if (counted.total === 0) return []
      const href = `../${hrefOf(pages.specification(id))}#c=${encodeURIComponent(anchor)}`
      const headline = counted.headline ?? 'error'
      return [
        {
          id,
          title,
          href,
          verdict: headline,
          sign: verdictSigns[headline],
          sentence: counted.sentence,
          bar: barOf(counted),
        },
      ]
    }),
    claims,
    falseClaims: claims.filter((claim) => claim.isFalse).length,
    claimCount: cell.claims?.length ?? 0,
    claimed: cell.claims,
    provenance: Object.entries(cell.provenance ?? {}).map(([name, value]) => ({ name, value })),
  })
}

/** How another column of the family differs, case by case. */
function sibling({ indexed }: Site, column: Column, other: Column) {
  const isBroken = (result: CaseResult | undefined) => result?.verdict === 'fail' || result?.verdict === 'warn'
  const isHeld = (result: CaseResult | undefined) => result?.verdict === 'pass'
  let onlyHere = 0
  let onlyThere = 0
  for (const { id } of indexed.cases) {
    const mine = indexed.result(column.cell, id)
    const theirs = indexed.result(other.cell, id)
    if (isBroken(mine) && isHeld(theirs)) onlyHere++
    if (isHeld(mine) && isBroken(theirs)) onlyThere++
  }
  return {
    name: other.name,
    href: hrefOf(pages.implementation(other.cell.id)).slice('impl/'.length),
    onlyHere,
    onlyThere,
  }
}
