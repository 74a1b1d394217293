import type { Results } from '../../harness/record/results-schema.ts'
import { shownVerdicts } from '../../harness/record/results-schema.ts'
import type { IndexedResults } from '../model/index-results.ts'
import { isPair } from '../model/pair-matrix.ts'
import { verdictMeanings, verdictSigns } from '../model/verdict-signs.ts'

/** What builders of pages share. */
export interface Site {
  runDirectory: string
  out: string
  indexed: IndexedResults
  /** Whether squares mark what a baseline did not expect. */
  hasBaseline: boolean
}

/** What the layout of every page shows. */
export interface Frame {
  title: string
  /** `` on the front page, `../` one folder down. */
  root: string
  page: string
  runName: string
  startedAt: string
  crumbs: { text: string; href?: string }[]
  legend: { verdict: string; sign: string; meaning: string }[]
  incomplete: boolean
  /** Whether there is a page of what clients do. */
  hasClients: boolean
  /** Whether there is a page of who connects with whom. */
  hasPairs: boolean
  /** What the search box searches. */
  searches?: string
}

const legendOf = (results: Results) =>
  shownVerdicts
    .filter((verdict) => verdict !== 'withheld' || (results.totals.withheld ?? 0) > 0)
    .map((verdict) => ({ verdict, sign: verdictSigns[verdict], meaning: verdictMeanings[verdict] }))

/** The frame of a page. */
export function frameOf(
  { indexed: { results } }: Site,
  page: string,
  frame: { title: string; root: string; crumbs?: Frame['crumbs']; searches?: string },
): Frame {
  return {
    page,
    // Ids begin with the time, which stands beside it.
    runName: results.run.profile ?? '',
    startedAt: shortTime(results),
    legend: legendOf(results),
    incomplete: !results.complete,
    hasClients: results.cells.some(({ implementations }) => implementations[0]?.role === 'xmpp-client'),
    hasPairs: results.cells.some(isPair),
    ...frame,
    crumbs: frame.crumbs ?? [],
  }
}

const shortTime = ({ run }: Results): string => {
  const date = new Date(run.startedAt)
  return Number.isNaN(date.getTime()) ? run.startedAt : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
