import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'

/** Where Docker's own client would look: DOCKER_HOST, the current context, the default socket. */
export function dockerHost(): string | undefined {
  return process.env.DOCKER_HOST || contextHost()
}

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

function contextHost(): string | undefined {
  try {
    const folder = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker')
    const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
    const name = process.env.DOCKER_CONTEXT ?? field(config, 'currentContext')
    if (typeof name !== 'string' || name === 'default') return undefined
    const id = createHash('sha256').update(name).digest('hex')
    const meta = join(folder, 'contexts', 'meta', id, 'meta.json')
    if (!existsSync(meta)) return undefined
    const host = field(field(field(JSON.parse(readFileSync(meta, 'utf8')), 'Endpoints'), 'docker'), 'Host')
    return typeof host === 'string' ? host : undefined
  } catch {
    return undefined
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
