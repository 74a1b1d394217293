import { existsSync } from 'node:fs'
import { didYouMean } from '../plan/nearest.ts'
import { readManifests } from '../plan/registry.ts'
import { UsageError } from '../plan/usage-error.ts'
import { exitCodes } from '../record/exit-code.ts'
import { folders } from './folders.ts'
import { print, printJson } from './output.ts'

/** What the check of a driver came to. */
interface ContractReport {
  implementation: string
  checks: { what: string; ok: boolean; detail?: string }[]
  durationMs: number
}

const contract = new URL('../run/contract.ts', import.meta.url)

/** Checks a driver, prints, and gives the exit code. @throws UsageError */
export async function contractCommand(implementation: string, options: { json?: boolean }): Promise<number> {
  const manifests = await readManifests(folders.drivers)
  const known = manifests.flatMap(({ id, variants }) => [id, ...variants.map(({ version }) => `${id}@${version}`)])
  if (!known.includes(implementation)) {
    const near = didYouMean(implementation, known)
    throw new UsageError(`contract ${implementation}: no such implementation${near} (see assay list implementations)`)
  }
  if (!existsSync(contract)) throw new Error('contract: there is no contract of drivers to check yet')
  const { runContract } = (await import(contract.href)) as { runContract(id: string): Promise<ContractReport> }
  const report = await runContract(implementation)
  if (options.json) await printJson(report)
  else await print(describe(report))
  return report.checks.every(({ ok }) => ok) ? exitCodes.asExpected : exitCodes.unexpectedFailure
}

function describe({ checks, durationMs }: ContractReport): string {
  const lines = checks.map(
    ({ what, ok, detail }) => `${ok ? 'ok    ' : 'BROKEN'}  ${what}${detail ? `: ${detail}` : ''}`,
  )
  const broken = checks.filter(({ ok }) => !ok).length
  return [...lines, `${checks.length} checks in ${(durationMs / 1000).toFixed(1)} s, ${broken} broken`].join('\n')
}
