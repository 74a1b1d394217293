import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CaseRecorder } from '../tester/recorder.ts'
import type { CaptureSplitter, ClaimedFlow } from '../wire/capture-splitter.ts'
import { pcapFile } from '../wire/pcap/pcap-writer.ts'
import { pcapngFile } from '../wire/pcap/pcapng-writer.ts'

/** Bytes of an IUT's log that are kept with one case; of a longer one, the end. */
const longestLog = 256 * 1024

/** How long the capture may lag behind a connection that is closed, milliseconds: it comes in bursts. */
const captureLagMs = 3_000

/** Folder of a case's evidence, relative to the run directory. Further attempts lie in folders below the first's. */
export const evidenceFolder = (cellId: string, caseId: string, attempt: number): string =>
  path.join('evidence', cellId, ...caseId.split('/'), ...(attempt > 1 ? [`attempt-${attempt}`] : []))

/**
 * Writes what proves a verdict: transcript, capture (pcap, and pcapng with the TLS secrets), key log and logs.
 *
 * @returns the names of the files.
 */
export async function writeEvidence(
  folder: string,
  recorder: CaseRecorder,
  capture: { splitter: CaptureSplitter; flows: ClaimedFlow[] } | undefined,
  contents: Record<string, string | Uint8Array>,
): Promise<string[]> {
  const files: Record<string, string | Uint8Array> = {
    'transcript.ndjson': recorder.entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''),
  }
  if (recorder.keyLog.length > 0) files['keys.log'] = recorder.keyLog.join('')
  if (capture && capture.flows.length > 0) {
    await capture.splitter.finished(capture.flows, { timeoutMs: captureLagMs })
    const packets = capture.splitter.take(capture.flows)
    if (packets.length > 0) {
      files['capture.pcap'] = pcapFile(capture.splitter.linkType, packets)
      files['capture.pcapng'] = pcapngFile(capture.splitter.linkType, packets, recorder.keyLog)
    }
  }
  for (const [name, content] of Object.entries(contents)) {
    if (typeof content !== 'string') files[name] = content
    else if (content) files[name] = tail(recorder.redactor.text(content))
  }
  await mkdir(folder, { recursive: true })
  await Promise.all(Object.entries(files).map(([name, content]) => writeFile(path.join(folder, name), content)))
  return Object.keys(files).sort()
}

const tail = (text: string): string =>
  text.length <= longestLog ? text : `… (${text.length - longestLog} characters left out)\n${text.slice(-longestLog)}`
