import { type Command, InvalidArgumentError, Option } from 'commander'
import { transports } from '../plan/cells.ts'
import { oneOf } from './one-of.ts'
import type { ServeCommandOptions } from './serve-command.ts'

/** `assay serve`: the scripted server of one case, held open for a client that is worked by hand. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('hold the scripted server of one case open, for a client worked by hand')
    .requiredOption('--case <id>', 'a case about clients (see assay list cases)')
    .option('--port <n>', 'port of 127.0.0.1 to listen on (default: a free one)', portNumber)
    .addOption(oneOf(new Option('--transport <name>', `how the client connects: ${transports.join(', ')}`), transports))
    .option('--json', 'print one JSON document a line')
    .addHelpText(
      'after',
      `
Examples:
  assay serve --case rfc6120/6.4.6/client-logs-in             everything right: see what a client does
  assay serve --case rfc5802/5/client-refuses-wrong-signature --port 5222
  assay serve --case rfc6120/13.7.2/client-refuses-expired --transport direct-tls

Says where the server is, and as whom to log in. Then each line is what the client sent (>), what it was sent (<), or
what happened; when the case has come to its verdict, that is told. The next connection begins the case anew. Ctrl-C
ends it. Give the client the CA file that is named: no other way leads past the certificate check.`,
    )
    .action(async (options: ServeCommandOptions) => {
      const { serveCommand } = await import('./serve-command.ts')
      process.exitCode = await serveCommand(options)
    })
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('Takes a port, 1 to 65535.')
  return port
}
