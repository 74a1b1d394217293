import type { RuntimeName } from '../lab/implementation.ts'
import { dockerVersion } from './docker-version.ts'

/** Why a runtime cannot be used on this machine; undefined where it can. */
export async function probeRuntime(runtime: RuntimeName): Promise<string | undefined> {
  if (runtime !== 'docker') return undefined
  const answer = await dockerVersion()
  return answer.available ? undefined : answer.reason
}
