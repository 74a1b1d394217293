import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where Docker's own client would look: DOCKER_HOST, the current context; undefined: the default socket. */
export function dockerHost(): string | undefined {
  return process.env.DOCKER_HOST || contextHost()
}

function contextHost(): string | undefined {
  const folder = process.env.DOCKER_CONFIG || join(homedir(), '.docker')
  const name = process.env.DOCKER_CONTEXT || field(readJson(join(folder, 'config.json')), 'currentContext')
  if (typeof name !== 'string' || name === 'default') return undefined
  const id = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(folder, 'contexts', 'meta', id, 'meta.json'))
  const host = field(field(field(meta, 'Endpoints'), 'docker'), 'Host')
  return typeof host === 'string' ? host : undefined
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
