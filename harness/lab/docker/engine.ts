import { type RequestOptions, request } from 'node:http'
import { dockerHost } from './docker-host.ts'

/** Whether a Docker engine answers, and if not, why. */
export type DockerAvailability = { available: true; version: string } | { available: false; reason: string }

/**
 * Asks the engine for its version; silence of `timeoutMs` counts as no answer. Never throws. A local engine is asked by
 * hand, since Docker's client library takes longer to load than the engine to answer.
 */
export async function dockerAvailable(timeoutMs = 5_000): Promise<DockerAvailability> {
  const host = dockerHost()
  const where = plain(host)
  try {
    const version = where ? await ask(where, timeoutMs) : await askByClient(timeoutMs)
    return { available: true, version }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = `no Docker engine answers at ${host ?? 'its default socket'} (${code ?? message})`
    return { available: false, reason }
  }
}

/** How to reach an engine that speaks HTTP as it is; undefined where TLS, SSH or a named pipe stands before it. */
function plain(host: string | undefined): RequestOptions | undefined {
  if (process.env.DOCKER_TLS_VERIFY) return undefined
  if (host === undefined) return process.platform === 'win32' ? undefined : { socketPath: '/var/run/docker.sock' }
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) }
  const tcp = /^(?:tcp|http):\/\/([^/:]+|\[[^\]]+\]):(\d+)\/?$/.exec(host)
  return tcp ? { host: tcp[1]?.replace(/^\[|\]$/g, ''), port: Number(tcp[2]) } : undefined
}

function ask(where: RequestOptions, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const call = request({ ...where, path: '/version', agent: false, signal }, async (response) => {
      try {
        let body = ''
        for await (const chunk of response.setEncoding('utf8')) body += chunk
        const version = (JSON.parse(body) as { Version?: unknown }).Version
        if (typeof version !== 'string') throw new Error(`answer ${response.statusCode} names no version`)
        resolve(version)
      } catch (error) {
        reject(error)
      }
    })
    call.on('error', (error) => reject(signal.aborted ? new Error(`silent for ${timeoutMs} ms`) : error))
    call.end()
  })
}

async function askByClient(timeoutMs: number): Promise<string> {
  const [{ default: Docker }, { docker }] = await Promise.all([import('dockerode'), import('./client.ts')])
  docker() // settles DOCKER_HOST
  return ((await new Docker({ timeout: timeoutMs }).version()) as { Version: string }).Version
}
