import type { Command } from 'commander'
import type { DiagnoseOptions } from './diagnose-command.ts'

const collect = (value: string, before: string[] = []): string[] => [...before, value]

/** `assay diagnose`: what happened in a capture, what was wrong, and whose fault it was. */
export function addDiagnose(program: Command): void {
  program
    .command('diagnose')
    .description('tell from captures of a call what happened, which rule of ICE was broken, and by whom')
    .argument('<capture...>', 'pcap or pcapng files; several of one call, from several places, tell more')
    .option('--sdp <file>', 'a description that was signalled; may be given for each side', collect)
    .option('--transcript <file>', 'what was signalled: XMPP, SDP, or lines of JSON that hold them', collect)
    .option('--html <file>', 'write a page with the ladder of each session')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  assay diagnose call.pcapng                              the story of the call, and findings
  assay diagnose call.pcap --sdp offer.sdp --sdp answer.sdp
                                                          signatures verified, candidates compared
  assay diagnose caller.pcap callee.pcap --html call.html
  assay diagnose call.pcap --json | jq '.findings[].rule'

Exit codes: 0 where no MUST was broken, 1 where one was, 2 where a file is no capture.
What is judged: assay list rules.`,
    )
    .action(async (captures: string[], options: DiagnoseOptions) => {
      const { diagnoseCommand } = await import('./diagnose-command.ts')
      process.exitCode = await diagnoseCommand(captures, options)
    })
}
