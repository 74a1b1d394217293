import { type Diagnosis, examine, type Ladder, ladderOf, readSignalling, tellDiagnosis } from '../diagnose/index.ts'
import { readTrace } from '../wire/trace/read-trace.ts'

/** What `diagnosis.json` in the evidence of a pair holds: reports draw it. */
export interface PairDiagnosis {
  diagnosis: Diagnosis
  /** One for each session. */
  ladders: Ladder[]
}

/** Rules about times of a few milliseconds, and how long the tap may be held up before they say nothing, milliseconds. */
const closeTimes = { rules: ['pacing-too-fast'], mostStallMs: 15 }

/**
 * Lets every rule judge the capture of a pair.
 *
 * @param capture bytes of a pcap file
 * @param signalled what the two agents told each other: SDP, or JSON of a description of raw ICE
 * @param stallMs how long the tap was held up at most, milliseconds: what came meanwhile seems to have come at once
 */
export async function diagnosePair(capture: Uint8Array, signalled: string[], stallMs = 0): Promise<PairDiagnosis> {
  const trace = await readTrace({ name: 'capture.pcap', bytes: capture })
  const whole = examine(trace, readSignalling(signalled))
  const isBlurred = stallMs > closeTimes.mostStallMs
  const findings = whole.findings.filter(({ rule }) => !isBlurred || !closeTimes.rules.includes(rule))
  // The flags of a ladder are numbers of findings: it is drawn of those that are told.
  const examination = { ...whole, findings }
  const diagnosis = tellDiagnosis(examination)
  if (isBlurred) {
    diagnosis.notChecked.push(
      `The tap was held up for ${Math.round(stallMs)} ms by a busy machine, so how closely checks followed one another was not judged.`,
    )
  }
  return { diagnosis, ladders: examination.sessions.map((_, index) => ladderOf(examination, index)) }
}
