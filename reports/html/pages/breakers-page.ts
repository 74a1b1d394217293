import { type BreakerKind, type BrokenStatement, sortBreakers } from '../../model/sort-breakers.ts'
import { tally } from '../../model/tally.ts'
import { anchorOf, hrefOf, pages } from '../links.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'
import { resultSquare, verdictFilters } from '../square.ts'

const sections: { kind: BreakerKind; title: string; explanation: string }[] = [
  {
    kind: 'version',
    title: 'One alone',
    explanation: 'Everybody else who was asked keeps it: a bug of this one version, and the quickest to mend.',
  },
  {
    kind: 'family',
    title: 'One family',
    explanation: 'Several versions or environments of one code base, and nobody else: a habit of that code base.',
  },
  {
    kind: 'some',
    title: 'Several, not all',
    explanation: 'More than one code base breaks it, another keeps it: it can be done.',
  },
  {
    kind: 'everybody',
    title: 'Everybody',
    explanation: 'No one who was asked keeps it: a text that nobody keeps, or a case that is wrong. Look here last.',
  },
  {
    kind: 'alone',
    title: 'Nobody to compare with',
    explanation: 'Only one code base came to an answer, so nothing follows about the others.',
  },
]

/** The page that sorts statements by who breaks them. */
export function breakersPage(site: Site): string {
  const broken = sortBreakers(site.indexed)
  const counted = tally(broken.flatMap((one) => one.broken.map(({ result }) => result)))
  return render('breakers', {
    ...frameOf(site, 'breakers', {
      title: 'Who breaks what',
      root: '',
      crumbs: [{ text: 'Who breaks what' }],
      searches: 'statements',
    }),
    count: broken.length,
    filters: verdictFilters(counted),
    levels: ['MUST', 'SHOULD', 'MAY', 'none'].filter((level) => broken.some(({ entry }) => entry.level === level)),
    hasSecurity: broken.some(({ entry }) => entry.security),
    sections: sections.map((section) => {
      const members = broken.filter((one) => one.kind === section.kind)
      return { ...section, count: members.length, groups: groupByCulprit(site, members) }
    }),
  })
}

function groupByCulprit(site: Site, members: BrokenStatement[]) {
  return [...Map.groupBy(members, (one) => one.culprit ?? '')]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([culprit, statements]) => ({
      culprit,
      count: statements.length,
      statements: statements.map((one) => statementView(site, one)),
    }))
}

function statementView({ indexed }: Site, { entry, kind, broken }: BrokenStatement) {
  const href = hrefOf(pages.case(entry.id))
  const panel = indexed.panels.find(({ columns }) => columns.some((column) => column === broken[0]?.column))
  const [one] = broken
  return {
    entry,
    href: one ? `${href}#${anchorOf(one.column.cell.id)}` : href,
    said: one?.result.difference?.actual ?? one?.result.message,
    how: [...new Set(broken.map(({ result }) => result.how).filter(Boolean))].join(', '),
    verdicts: [...new Set(broken.map(({ result }) => result.verdict))].join(' '),
    who: broken.map(({ column }) => column.name).join(', '),
    showsWho: kind === 'family' || kind === 'some',
    squares: (panel?.columns ?? []).map((column) => {
      const anchor = anchorOf(column.cell.id)
      const result = indexed.result(column.cell, entry.id)
      return resultSquare(result, { column: anchor, name: column.name, href: `${href}#${anchor}` })
    }),
  }
}
