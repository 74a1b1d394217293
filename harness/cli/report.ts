import { type Command, Option } from 'commander'
import { oneOf } from './one-of.ts'
import type { ReportOptions } from './report-command.ts'
import { reportFormats } from './report-formats.ts'

/** `assay report`: a report of a run, made from its directory alone. */
export function addReport(program: Command): void {
  program
    .command('report')
    .description('make a report of a run from its directory, on any machine')
    .argument('<dir>', 'a run directory, e.g. runs/latest')
    .addOption(
      oneOf(new Option('--format <name>', `what to make: ${reportFormats.join(', ')}`).default('html'), reportFormats),
    )
    .option('--out <path>', 'folder of the HTML report, or file (default: DIR/report, or standard output)')
    .addOption(
      oneOf(new Option('--withhold <what>', 'tell nothing yet of cases marked so: security (with --until and --out)'), [
        'security',
      ]),
    )
    .option('--until <date>', 'the day from which everything is told, YYYY-MM-DD')
    .option('--json', 'the same as --format json')
    .addHelpText(
      'after',
      `
Examples:
  assay report runs/latest                                a static site in runs/latest/report
  assay report runs/latest --format junit --out junit.xml
  assay report runs/latest --format markdown >> "$GITHUB_STEP_SUMMARY"
  assay report runs/latest --format json | jq .totals
  assay report runs/latest --withhold security --until 2027-01-31 --out public
                                                          what may be published; see docs/disclosure.md

A run that was killed is told from its journal.`,
    )
    .action(async (directory: string, options: ReportOptions) => {
      const { reportCommand } = await import('./report-command.ts')
      await reportCommand(directory, options)
    })
}
