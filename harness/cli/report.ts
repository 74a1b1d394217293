import type { Command } from 'commander'

/** `assay report`. */
export function addReport(program: Command): void {
  program.command('report')
}
