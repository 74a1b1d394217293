import Docker from 'dockerode'
import { dockerHost } from './docker-host.ts'

let client: Docker | undefined

/** The engine's API. Connects on first use only: says nothing about whether an engine answers. */
export function docker(): Docker {
  if (client) return client
  const host = dockerHost()
  // dockerode, and testcontainers beside it, read the variable.
  if (host) process.env.DOCKER_HOST = host
  client = new Docker()
  return client
}
