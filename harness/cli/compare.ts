import type { Command } from 'commander'
import type { CompareOptions } from './compare-command.ts'

/** `assay compare`: what got better, worse, flaky. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('tell what got better, worse, flaky, new or gone between two runs, or two implementations')
    .argument('<base>', 'RUN, RUN:ID@VERSION, or ID@VERSION of runs/latest; RUN is a run directory or a results.json')
    .argument('[head]', 'the same, for what is compared with it')
    .option('--implementation <id>', 'of base: ID@VERSION')
    .option('--with <id>', 'of head (or of base, where no head is given): ID@VERSION')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  assay compare runs/last-release runs/latest                 one run against another
  assay compare prosody@0.11.9 prosody@13.0.7                 two versions, both in runs/latest
  assay compare runs/latest:prosody@0.11.9 runs/latest:prosody@13.0.7
  assay compare runs/latest --implementation prosody@0.11.9 --with prosody@13.0.7

Cells are laid side by side by their ids; where versions differ, by implementation and environment.
Exit codes: 1 where something got worse, 3 where an error on one side hides what changed, otherwise 0.`,
    )
    .action(async (base: string, head: string | undefined, options: CompareOptions) => {
      const { compareCommand } = await import('./compare-command.ts')
      process.exitCode = await compareCommand(base, head, options)
    })
}
