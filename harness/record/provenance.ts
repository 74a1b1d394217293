import { availableParallelism, release, type, version } from 'node:os'
import { redactCommandLine } from './redact.ts'
import type { Provenance } from './results-schema.ts'

/** What `run.json` is made of beside what this machine tells. */
export interface ProvenanceInput
  extends Omit<Provenance, 'startedAt' | 'node' | 'kernel' | 'platform' | 'docker' | 'cores' | 'commandLine'> {
  /** The command line after `assay`. */
  argv: string[]
  /** Version of the Docker engine, where one has a part in the run. */
  docker?: string
}

/** run.json: where a run comes from. Passwords on the command line are taken out. */
export function makeProvenance({ argv, docker, ...given }: ProvenanceInput): Provenance {
  return {
    ...given,
    startedAt: new Date().toISOString(),
    commandLine: ['assay', ...redactCommandLine(argv)],
    node: process.version,
    kernel: `${type()} ${release()}`,
    platform: `${process.platform} ${process.arch} ${version()}`,
    ...(docker === undefined ? {} : { docker }),
    cores: availableParallelism(),
  }
}
