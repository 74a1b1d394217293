import type { Command } from 'commander'

/** `assay merge`: shards into one run. */
export function addMerge(program: Command): void {
  program
    .command('merge')
    .description('put shards, or runs of different implementations, together into one run')
    .argument('<dir...>', 'run directories')
    .requiredOption('--out <dir>', 'the run directory to write, new or empty')
    .option('--no-report', 'write no HTML report')
    .option('--json', 'print the results as one JSON document')
    .addHelpText(
      'after',
      `
Example:
  assay run --profile servers --shard 1/2 --out shard-1     on one machine
  assay run --profile servers --shard 2/2 --out shard-2     on another
  assay merge shard-1 shard-2 --out whole                   evidence comes along

Refuses parts that contradict each other. A missing shard is told, and the run is marked as incomplete.`,
    )
    .action(async (directories: string[], options: { out: string; report: boolean; json?: boolean }) => {
      const { mergeCommand } = await import('./merge-command.ts')
      process.exitCode = await mergeCommand(directories, options)
    })
}
