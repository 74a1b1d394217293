import type { Command } from 'commander'

/** `assay merge`. */
export function addMerge(program: Command): void {
  program.command('merge')
}
