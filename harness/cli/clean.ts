import { type Command, InvalidArgumentError } from 'commander'

/** `assay clean`: what dead runs left behind. */
export function addClean(program: Command): void {
  program
    .command('clean')
    .description('remove containers, networks and processes that dead runs left behind')
    .option('--all', 'those of runs that are still going on, too')
    .option('--runs <days>', 'also remove run directories in runs/ that are older than so many days', days)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Knows its own by their label or mark, and touches nothing else. Images stay; they are what makes the next run quick.`,
    )
    .action(async (options: { all?: boolean; runs?: number; json?: boolean }) => {
      const { cleanCommand } = await import('./clean-command.ts')
      await cleanCommand(options)
    })
}

function days(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('Takes a number of days.')
  return Number(text)
}
