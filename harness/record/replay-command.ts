import type { Cell } from '../plan/plan.ts'

/** The command that runs exactly one case of a cell again. */
export function replayCommand(
  cell: Cell,
  id: string,
  options: { target?: string; client?: string; seed?: string } = {},
): string {
  const words = ['npx assay run']
  if (options.target !== undefined) words.push(`--target ${quote(options.target)} --account JID:PASSWORD`)
  else if (options.client !== undefined) words.push(`--client ${quote(options.client)}`)
  else if (cell.implementations.length > 1) words.push(`--implementation ${cell.id}`)
  else for (const one of cell.implementations) words.push(`--implementation ${one.id}@${one.version}`)
  if (cell.environment.transport !== undefined) words.push(`--transport ${cell.environment.transport}`)
  words.push(`--case ${id}`)
  return words.join(' ')
}

const quote = (text: string) => (/^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
