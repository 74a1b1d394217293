import { realpath } from 'node:fs/promises'
import type { Target } from '../plan/plan.ts'
import { UsageError } from '../plan/usage-error.ts'
import { readBaseline } from '../record/baseline.ts'
import { readPlanFile } from '../record/plan-file.ts'
import { Redactor } from '../record/redact.ts'
import { readProvenance } from '../record/run-directory.ts'
import { runningIn } from '../run/run-owner.ts'
import { probeRuntime } from './probe-runtime.ts'
import { type PreparedRun, type RunOptions, refuseWithResume } from './run-command.ts'
import { readAccounts } from './selection-options.ts'

/**
 * Makes a run that was cut short ready to go on. Its cells that could not be run are tried again.
 *
 * @throws UsageError when the directory has no run, the run is still going on, or its accounts are not given again
 */
export async function prepareResume(folder: string, options: RunOptions): Promise<PreparedRun> {
  refuseWithResume(options)
  const provenance = await readProvenance(folder)
  if (provenance.mergedFrom)
    throw new UsageError(`--resume ${folder}: was merged; resume the runs that it was merged from`)
  await refuseRunning(folder)
  const plan = await readPlanFile(folder)
  const unavailable: Record<string, string> = {}
  for (const cell of plan.cells) {
    const reason = await probeRuntime(cell.environment.runtime)
    if (reason !== undefined) unavailable[cell.id] = reason
  }
  const target = plan.target ? targetOf(plan.target, options) : undefined
  const file = options.baseline ?? provenance.baseline
  return {
    // `runs/latest` may point elsewhere before this run is over.
    directory: { id: provenance.id, path: await realpath(folder) },
    plan: { ...plan, unavailable },
    redactor: new Redactor(target?.accounts),
    ...(target ? { target } : {}),
    baseline: file === undefined ? [] : await readBaseline(file),
    jobs: options.jobs ?? plan.jobs,
  }
}

function targetOf(known: { uri: string; accounts: string[] }, options: RunOptions): Target {
  const accounts = readAccounts(options.account)
  const missing = known.accounts.filter((jid) => !accounts.some((one) => one.jid === jid))
  if (missing.length > 0) {
    throw new UsageError(
      `--resume: passwords are not kept; give --account JID:PASSWORD again for ${missing.join(', ')}`,
    )
  }
  return { uri: known.uri, accounts: accounts.filter(({ jid }) => known.accounts.includes(jid)) }
}

async function refuseRunning(folder: string) {
  const where = await runningIn(folder)
  if (where !== undefined) throw new UsageError(`--resume ${folder}: the run is still going on, in ${where}`)
}
