import { docker } from './client.ts'
import { dockerHost } from './docker-host.ts'

let direct: Promise<boolean> | undefined

/**
 * Whether the tester reaches a container by its own address: an engine of this very Linux machine. Elsewhere (Docker
 * Desktop, rootless, another machine) containers are reached through ports that the engine maps.
 */
export function reachesContainers(): Promise<boolean> {
  direct ??= ask()
  return direct
}

async function ask(): Promise<boolean> {
  if (process.platform !== 'linux') return false
  if (!(dockerHost() ?? 'unix:').startsWith('unix:')) return false
  const info = (await docker().info()) as { OperatingSystem?: string; SecurityOptions?: string[] }
  if (info.OperatingSystem?.includes('Docker Desktop')) return false
  return !info.SecurityOptions?.some((option) => option.includes('rootless'))
}
