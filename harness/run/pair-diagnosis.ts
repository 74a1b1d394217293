import { type Diagnosis, examine, type Ladder, ladderOf, readSignalling, tellDiagnosis } from '../diagnose/index.ts'
import { readTrace } from '../wire/trace/read-trace.ts'

/** What `diagnosis.json` in the evidence of a pair holds: reports draw it. */
export interface PairDiagnosis {
  diagnosis: Diagnosis
  /** One for each session. */
  ladders: Ladder[]
}

/**
 * Lets every rule judge the capture of a pair.
 *
 * @param capture bytes of a pcap file
 * @param signalled what the two agents told each other: SDP, or JSON of a description of raw ICE
 */
export async function diagnosePair(capture: Uint8Array, signalled: string[]): Promise<PairDiagnosis> {
  const trace = await readTrace({ name: 'capture.pcap', bytes: capture })
  const examination = examine(trace, readSignalling(signalled))
  return {
    diagnosis: tellDiagnosis(examination),
    ladders: examination.sessions.map((_, index) => ladderOf(examination, index)),
  }
}
