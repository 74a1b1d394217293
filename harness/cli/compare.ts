import type { Command } from 'commander'

/** `assay compare`. */
export function addCompare(program: Command): void {
  program.command('compare')
}
