import http from 'node:http'
import https from 'node:https'
import type { ServerEndpoints } from '../lab/lab.ts'
import type { HttpAnswer, HttpOptions } from '../suite/server-fixtures.ts'
import type { ConnectionRecorder } from '../tester/recorder.ts'

/** Bound on one exchange, milliseconds. */
const timeoutMs = 5_000

/**
 * One HTTP exchange on a connection of its own, recorded like a stream. In a lab, names of the domain under test lead to
 * the server's address, and the lab's CA is trusted.
 *
 * @throws Error when there is no answer.
 */
export async function httpExchange(
  endpoints: ServerEndpoints,
  recorder: ConnectionRecorder,
  url: string,
  options: HttpOptions = {},
): Promise<HttpAnswer> {
  const { protocol, hostname, port, pathname, search } = new URL(url)
  const { method = 'GET', headers = {}, body } = options
  const ours =
    endpoints.ca !== undefined && (hostname === endpoints.domain || hostname.endsWith(`.${endpoints.domain}`))
  const secure = protocol === 'https:'
  const payload = body === undefined ? undefined : Buffer.from(body)
  const all = { Host: port ? `${hostname}:${port}` : hostname, ...headers }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  recorder.bytes('sent', Buffer.from(`${method} ${pathname}${search} HTTP/1.1\r\n${head.join('')}\r\n`))
  if (payload) recorder.bytes('sent', payload)
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const request = (secure ? https : http).request({
    host: ours ? endpoints.host : hostname,
    port: port || (secure ? 443 : 80),
    path: pathname + search,
    method,
    headers: all,
    agent: false,
    timeout: timeoutMs,
    ...(secure ? { servername: hostname, ca: endpoints.ca } : {}),
  })
  request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
  request.on('error', reject)
  request.on('socket', (socket) => socket.on('keylog', (line: Buffer) => recorder.keyLogLine(line)))
  request.on('response', (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      const { rawHeaders, statusCode = 0, statusMessage } = response
      const lines: string[] = []
      for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`)
      const answer = Buffer.concat(chunks)
      recorder.bytes('received', Buffer.from(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('')}\r\n`))
      if (answer.length > 0) recorder.bytes('received', answer)
      const told = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const)
      resolve({ status: statusCode, headers: Object.fromEntries(told), body: answer })
    })
  })
  request.end(payload)
  try {
    return await promise
  } catch (error) {
    recorder.event('failed', error instanceof Error ? error.message : String(error))
    throw error
  }
}
