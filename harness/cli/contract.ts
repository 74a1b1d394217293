import type { Command } from 'commander'

/** `assay contract`. */
export function addContract(program: Command): void {
  program.command('contract')
}
