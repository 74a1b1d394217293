import { relative, resolve, sep } from 'node:path'
import { fileSlug } from '../model/file-slug.ts'

/** Where pages lie, relative to the report's folder. */
export const pages = {
  index: 'index.html',
  breakers: 'breakers.html',
  clients: 'clients.html',
  pairs: 'pairs.html',
  ladder: (cell: string, id: string): string => `ladder/${fileSlug(`${cell}/${id}`)}.html`,
  run: 'run.html',
  specification: (id: string): string => `spec/${fileSlug(id.toLowerCase().replace(/\s+/g, ''))}.html`,
  case: (id: string): string => `case/${fileSlug(id)}.html`,
  implementation: (cell: string): string => `impl/${fileSlug(cell)}.html`,
}

/** The name of a cell within a page: its anchor, and what filters call its column. */
export const anchorOf = (cell: string): string => fileSlug(cell)

/** A relative path as an address: every part encoded. */
export const hrefOf = (path: string): string => path.split(/[\\/]/).map(encodeURIComponent).join('/')

/**
 * The path of a run's file, or nothing where it would lie outside of the run directory: a report shows what a run
 * recorded, and nothing else of the machine that makes it.
 */
export function insideRun(runDirectory: string, path: string): string | undefined {
  const root = resolve(runDirectory)
  const full = resolve(root, path)
  return full.startsWith(root + sep) ? full : undefined
}

/** Relative address from a folder to a file. */
export const hrefBetween = (from: string, to: string): string => hrefOf(relative(from, to))
