import type { Command } from 'commander'

/** `assay contract`: whether a driver keeps to the protocol of drivers. */
export function addContract(program: Command): void {
  program
    .command('contract')
    .description('check that the driver of an implementation keeps to drivers/PROTOCOL.md, in under 30 s')
    .argument('<implementation>', 'ID or ID@VERSION')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Example:
  assay contract stanza

Asks every verb of the driver's role, one that no driver knows (which it must refuse), and nonsense.
Exit codes: 1 where it breaks the contract.`,
    )
    .action(async (implementation: string, options: { json?: boolean }) => {
      const { contractCommand } = await import('./contract-command.ts')
      process.exitCode = await contractCommand(implementation, options)
    })
}
