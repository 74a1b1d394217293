import { tally } from '../../model/tally.ts'
import { verdictSigns } from '../../model/verdict-signs.ts'
import { anchorOf, hrefBetween, hrefOf, insideRun, pages } from '../links.ts'
import { readPart } from '../read-evidence.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'
import { barOf } from '../square.ts'

/** The page of the run: where the results come from, and what did not run. */
export function runPage(site: Site): string {
  const { indexed, runDirectory, out } = site
  const { results } = indexed
  const { run } = results
  const logOf = (path: string | undefined) => {
    const file = path ? insideRun(runDirectory, path) : undefined
    const tail = file && readPart(file, 20_000, 'end')?.toString('utf8')
    return file && tail !== undefined ? { tail, href: hrefBetween(out, file) } : undefined
  }
  const facts: [string, string | undefined][] = [
    ['Run', run.id],
    ['Profile', run.profile],
    ['Started', run.startedAt],
    ['Finished', run.finishedAt],
    ['Duration', `${(results.durationMs / 1000).toFixed(1)} s`],
    ['Assay', run.assay],
    ['Node', run.node],
    ['Kernel', run.kernel],
    ['Platform', run.platform],
    ['Docker', run.docker],
    ['Cores', String(run.cores)],
    ['Jobs', String(run.jobs)],
    ['Repeat', String(run.repeat)],
    ['Seed', run.seed],
    ['Shard', run.shard],
    ['Baseline', run.baseline],
    ['Merged from', run.mergedFrom?.join(', ')],
    ['Schema', results.schema],
  ]
  const columns = indexed.panels.flatMap((panel) => panel.columns)
  const slowest = columns
    .flatMap((column) =>
      column.cell.cases.map((result) => ({
        id: result.id,
        name: column.name,
        ms: Math.max(0, ...result.attempts.map((attempt) => attempt.durationMs)),
        href: `${hrefOf(pages.case(result.id))}#${anchorOf(column.cell.id)}`,
      })),
    )
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 15)
    .map((one) => ({ ...one, seconds: (one.ms / 1000).toFixed(2) }))
  return render('run', {
    ...frameOf(site, 'run', { title: 'Run', root: '', crumbs: [{ text: 'Run' }] }),
    facts: facts.filter(([, value]) => value).map(([name, value]) => ({ name, value })),
    command: run.commandLine.map(quote).join(' '),
    files: ['results.json', 'run.json', 'journal.ndjson'].flatMap((name) => {
      const file = insideRun(runDirectory, name)
      return file && readPart(file, 1) ? [{ name, href: hrefBetween(out, file) }] : []
    }),
    errors: columns.flatMap(({ cell, name }) =>
      cell.error ? [{ anchor: anchorOf(cell.id), name, message: cell.error.message, log: logOf(cell.error.log) }] : [],
    ),
    cells: columns.map(({ cell, name }) => {
      const counted = tally(cell.cases)
      const headline = cell.error ? 'error' : counted.headline
      return {
        name,
        id: cell.id,
        href: hrefOf(pages.implementation(cell.id)),
        verdict: headline,
        sign: headline && verdictSigns[headline],
        sentence: counted.sentence,
        bar: counted.total > 0 ? barOf(counted) : undefined,
        seconds: cell.durationMs === undefined ? '' : `${(cell.durationMs / 1000).toFixed(1)} s`,
        environment: Object.entries(cell.environment)
          .map(([key, value]) => `${key} ${value}`)
          .join(', '),
        provenance: Object.entries(cell.provenance ?? {}).map(([key, value]) => ({ name: key, value })),
      }
    }),
    slowest,
  })
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
