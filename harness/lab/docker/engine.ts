import Docker from 'dockerode'
import { docker, dockerHost } from './client.ts'

/** Whether a Docker engine answers, and if not, why. */
export type DockerAvailability = { available: true; version: string } | { available: false; reason: string }

/** Asks the engine for its version; silence of `timeoutMs` counts as no answer. Never throws. */
export async function dockerAvailable(timeoutMs = 1000): Promise<DockerAvailability> {
  docker() // settles DOCKER_HOST
  const where = dockerHost() ?? 'its default socket'
  try {
    const { Version } = (await new Docker({ timeout: timeoutMs }).version()) as { Version: string }
    return { available: true, version: Version }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    return { available: false, reason: `no Docker engine answers at ${where} (${code ?? message})` }
  }
}
