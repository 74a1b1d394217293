import type { Command } from 'commander'

/** `assay check`: what this machine can run, and what is missing. */
export function addCheck(program: Command): void {
  program
    .command('check')
    .description('tell what this machine can run, and what is missing for the rest')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exit codes: 0 where the default profile can be run, 3 where not even that can.`,
    )
    .action(async (options: { json?: boolean }) => {
      const { checkCommand } = await import('./check-command.ts')
      process.exitCode = await checkCommand(options)
    })
}
