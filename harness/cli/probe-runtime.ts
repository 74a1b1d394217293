import { dockerAvailable } from '../lab/docker/engine.ts'
import type { RuntimeName } from '../lab/implementation.ts'

/** Why a runtime cannot be used on this machine; undefined where it can. */
export async function probeRuntime(runtime: RuntimeName): Promise<string | undefined> {
  if (runtime !== 'docker') return undefined
  const answer = await dockerAvailable()
  return answer.available ? undefined : answer.reason
}
