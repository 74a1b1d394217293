import type { Command } from 'commander'

/** `assay check`. */
export function addCheck(program: Command): void {
  program.command('check')
}
