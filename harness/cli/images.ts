import type { Command } from 'commander'

/** `assay images`. */
export function addImages(program: Command): void {
  program.command('images')
}
