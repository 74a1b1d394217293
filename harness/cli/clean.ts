import type { Command } from 'commander'

/** `assay clean`. */
export function addClean(program: Command): void {
  program.command('clean')
}
