import { type Command, InvalidArgumentError } from 'commander'
import type { RunOptions } from './run-command.ts'
import { addSelectionOptions } from './selection-options.ts'

/** `assay run`: puts implementations under test. */
export function addRun(program: Command): void {
  addSelectionOptions(
    program.command('run').description('run cases against implementations, and write results, evidence and a report'),
  )
    .option('--jobs <n>', 'cases at the same time, over all cells (default: 8 for each core)', wholeNumber)
    .option('--repeat <n>', 'attempts at each case; different verdicts make it flaky (default: 1)', wholeNumber)
    .option('--baseline <file>', 'known failures, each with a reason, a link and an expiry; see docs/baseline.md')
    .option('--shard <i/n>', 'run one of n parts; assay merge puts them together')
    .option('--resume <dir>', 'go on with a run that was cut short')
    .option('--out <dir>', 'the run directory, new or empty (default: a new one in runs/)')
    .option('--seed <text>', 'what random choices are made from (default: a new one)')
    .option('--fail-on-flaky', 'exit 4 where attempts came to different verdicts and nothing worse happened')
    .option('--show', 'exit 0 when everything ran, whatever the verdicts')
    .option('--no-report', 'write no HTML report')
    .option('--json', 'print the results as one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  assay run                                                the default profile
  assay run --profile clients                              all clients in containers
  assay run --profile servers --jobs 8                     all servers in containers
  assay run --implementation prosody@13.0.7 --suite "xep-*"
  assay run --implementation prosody --case xep-0280/7/received-message-is-copied --repeat 10
  assay run --target xmpp://example.org --account romeo@example.org:secret juliet@example.org:secret
  assay run --profile servers --baseline known.json        exit 1 only on what is not known
  assay run --profile servers --shard 1/4 --out shard-1    one of four machines
  assay run --resume runs/latest                           after Ctrl-C, kill -9 or a full disk

Exit codes: 0 as expected, 1 unexpected failure (fail or inconclusive), 2 usage, 3 harness or environment error,
4 flaky with --fail-on-flaky, 130 stopped by Ctrl-C.`,
    )
    .action(async (options: RunOptions) => {
      const { runCommand } = await import('./run-command.ts')
      process.exitCode = await runCommand(options)
    })
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1) throw new InvalidArgumentError('Takes a whole number from 1.')
  return number
}
