import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { DockerAvailability } from '../lab/docker/engine.ts'

const defaultSocket = '/var/run/docker.sock'

/** The engine's version. Where Docker is set up as it comes, the socket is asked by hand: its client takes 20 MB. */
export async function dockerVersion(): Promise<DockerAvailability> {
  const { DOCKER_HOST, DOCKER_CONTEXT, DOCKER_CONFIG } = process.env
  const plain =
    !DOCKER_HOST && !DOCKER_CONTEXT && !DOCKER_CONFIG && !existsSync(join(homedir(), '.docker', 'config.json'))
  const version = plain ? await askSocket(defaultSocket) : undefined
  if (version !== undefined) return { available: true, version }
  const { dockerAvailable } = await import('../lab/docker/engine.ts')
  return dockerAvailable()
}

/**
 * The version that an engine tells on a socket; undefined where none answers.
 *
 * @param timeoutMs how long an answer may take, milliseconds
 */
export function askSocket(path: string, timeoutMs = 1000): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect({ path, timeout: timeoutMs }, () => socket.write('GET /version HTTP/1.0\r\n\r\n'))
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      answer += text
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('error', () => resolve(undefined))
    socket.on('close', () => resolve(/^HTTP\/1\.\d 200[\s\S]*?"Version":"([^"]+)","ApiVersion"/.exec(answer)?.[1]))
  })
}
