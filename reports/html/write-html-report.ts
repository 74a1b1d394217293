import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Results } from '../../harness/record/results-schema.ts'
import { indexResults } from '../model/index-results.ts'
import { readResults } from '../model/read-results.ts'
import { buildAssets } from './assets.ts'
import { pages } from './links.ts'
import { breakersPage } from './pages/breakers-page.ts'
import { casePage } from './pages/case-page.ts'
import { clientPanel, clientsPage } from './pages/clients-page.ts'
import { implementationPage } from './pages/implementation-page.ts'
import { ladderPages } from './pages/ladder-page.ts'
import { overviewPage } from './pages/overview-page.ts'
import { pairsPage } from './pages/pairs-page.ts'
import { runPage } from './pages/run-page.ts'
import { specificationPage } from './pages/specification-page.ts'
import type { Site } from './site.ts'

/** Where a report was written. */
export interface WrittenReport {
  /** Path of the front page. */
  index: string
  pages: number
}

/**
 * Writes the HTML report of a run: a static site that works from a file and from any web server, and asks nothing of
 * any other host.
 *
 * @param runDirectory holds results.json and evidence/
 * @param options `out`: folder of the report, `report` in the run directory unless told; `told`: makes of the results
 *   what may be told of them, all unless given
 * @throws Error when results.json is not there or not of the schema
 */
export async function writeHtmlReport(
  runDirectory: string,
  options: { out?: string; told?: (results: Results) => Results } = {},
): Promise<WrittenReport> {
  const { told = (results) => results } = options
  const results = told(await readResults(runDirectory))
  const out = options.out ?? join(runDirectory, 'report')
  const site: Site = { runDirectory, out, indexed: indexResults(results), hasBaseline: Boolean(results.run.baseline) }
  const folders = ['spec', 'case', 'impl', 'ladder']
  // Pages of cases that are no longer in the run must not stay.
  await Promise.all(folders.map((folder) => rm(join(out, folder), { recursive: true, force: true })))
  await Promise.all(folders.map((folder) => mkdir(join(out, folder), { recursive: true })))
  let count = 0
  const pending = new Set<Promise<void>>()
  // The disk writes while the next pages are rendered; a few at a time bound the memory.
  const write = async (path: string, html: string) => {
    count++
    const writing = writeFile(join(out, path), html).finally(() => pending.delete(writing))
    pending.add(writing)
    if (pending.size > 12) await Promise.race(pending)
  }
  for (const [name, text] of Object.entries(buildAssets())) await writeFile(join(out, name), text)
  await write(pages.index, overviewPage(site))
  await write(pages.breakers, breakersPage(site))
  await write(pages.run, runPage(site))
  const pairs = pairsPage(site)
  if (pairs !== undefined) await write(pages.pairs, pairs)
  const clients = clientPanel(site)
  if (clients) await write(pages.clients, clientsPage(site, clients))
  for (const one of site.indexed.specifications) await write(pages.specification(one.id), specificationPage(site, one))
  for (const panel of site.indexed.panels) {
    for (const column of panel.columns) {
      await write(pages.implementation(column.cell.id), implementationPage(site, panel, column))
    }
  }
  for (const { path, html } of ladderPages(site)) await write(path, html)
  for (const entry of site.indexed.cases) await write(pages.case(entry.id), casePage(site, entry))
  await Promise.all(pending)
  return { index: join(out, pages.index), pages: count }
}
