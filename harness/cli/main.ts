import { Command, CommanderError } from 'commander'
import { UsageError } from '../plan/usage-error.ts'
import { exitCodes } from '../record/exit-code.ts'
import { addCheck } from './check.ts'
import { addClean } from './clean.ts'
import { addCompare } from './compare.ts'
import { addContract } from './contract.ts'
import { addDiagnose } from './diagnose.ts'
import { addImages } from './images.ts'
import { addList } from './list.ts'
import { addMerge } from './merge.ts'
import { complain } from './output.ts'
import { addReport } from './report.ts'
import { addRun } from './run.ts'
import { addServe } from './serve.ts'
import { assayVersion } from './version.ts'

/**
 * The command line. Sets the process's exit code (DESIGN §5) and resolves when the command is done.
 *
 * @param argv as in `process.argv`
 */
export async function main(argv: string[]): Promise<void> {
  // A reader such as `head` may go before everything is told.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : exitCodes.harnessError),
  )
  try {
    await makeProgram().parseAsync(argv)
  } catch (error) {
    process.exitCode = tell(error)
  }
}

function makeProgram(): Command {
  const program = new Command('assay')
    .description('Conformance and interoperability harness for XMPP, Jingle/ICE and SIP.')
    .version(assayVersion(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'explain a command')
    .helpOption('-h, --help', 'explain the command')
    .showHelpAfterError('(see --help)')
    .exitOverride()
    .addHelpText(
      'after',
      `
Start with:
  assay check                       what this machine can run
  assay run                         test the XMPP clients that npm ships; no Docker, no root
  assay run --profile clients       test XMPP clients in containers
  assay run --profile servers       test XMPP servers in containers
  assay list cases                  everything that is asked
  assay diagnose call.pcapng        what went wrong in a captured call, and whose fault it was

Exit codes: 0 as expected, 1 unexpected failure, 2 usage, 3 harness or environment error, 4 flaky (--fail-on-flaky).`,
    )
  for (const add of [
    addRun,
    addList,
    addReport,
    addCompare,
    addMerge,
    addDiagnose,
    addServe,
    addContract,
    addImages,
    addCheck,
    addClean,
  ]) {
    add(program)
  }
  return program
}

/** Says what went wrong, once, and gives the exit code for it. */
function tell(error: unknown): number {
  // Commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
  const message = error instanceof Error ? error.message : String(error)
  complain(message)
  if (error instanceof UsageError) return exitCodes.usage
  if (process.env.ASSAY_DEBUG && error instanceof Error) complain(error.stack ?? '')
  return exitCodes.harnessError
}
