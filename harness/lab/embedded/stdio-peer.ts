import { flushCompileCache } from 'node:module'
import { driverCodes } from './client-driver.ts'

/** Thrown by a verb: becomes the error of its answer. */
export class VerbError extends Error {
  override name = 'VerbError'
  readonly code: number
  readonly data: unknown
  constructor(message: string, { code = driverCodes.failed, data }: { code?: number; data?: unknown } = {}) {
    super(message)
    this.code = code
    this.data = data
  }
}

export type Params = Record<string, string | undefined>

/** The verbs that a driver has, by their names. */
export type Verbs = Record<string, (params: Params) => unknown>

/** Tells an event to the harness. */
export type Tell = (event: string, params?: Record<string, unknown>) => void

/**
 * Compiled code is usually kept when a process ends by itself, and drivers are ended: so it is kept a while after the first
 * login, when what that needs has been compiled. Later processes start in half the time. Milliseconds.
 */
const cacheAfterMs = 250

const write = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

export const tell: Tell = (event, params = {}) => write({ method: event, params })

/**
 * Serves the verbs of a driver over standard input and output (drivers/PROTOCOL.md). `shutdown` and the end of standard
 * input end the process; a verb that is not there is answered with method-not-found.
 */
export function serveVerbs(verbs: Verbs): void {
  const all: Verbs = { alive: () => null, ...verbs }
  let rest = ''
  process.stdin.setEncoding('utf8')
  process.stdin.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') answer(all, line)
  })
  process.stdin.on('end', () => process.exit(0))
  // What a library prints goes to the log, not between the messages.
  console.log = console.info = console.debug = console.error
}

async function answer(verbs: Verbs, line: string) {
  let request: { id?: unknown; method?: unknown; params?: unknown }
  try {
    request = JSON.parse(line)
  } catch {
    write({ id: null, error: { code: -32700, message: 'not JSON' } })
    return
  }
  const { id, method, params } = request ?? {}
  if (typeof method !== 'string') {
    write({ id: id ?? null, error: { code: -32600, message: 'not a request' } })
    return
  }
  if (method === 'shutdown') {
    write({ id, result: null })
    process.stdout.write('', () => process.exit(0))
    return
  }
  if (method === 'login') setTimeout(flushCompileCache, cacheAfterMs).unref()
  const verb = Object.hasOwn(verbs, method) ? verbs[method] : undefined
  if (!verb) {
    write({ id, error: { code: driverCodes.methodNotFound, message: `there is no verb "${method}"` } })
    return
  }
  try {
    write({ id, result: (await verb((params ?? {}) as Params)) ?? null })
  } catch (error) {
    const code = error instanceof VerbError ? error.code : driverCodes.failed
    const data = error instanceof VerbError ? error.data : undefined
    write({ id, error: { code, message: error instanceof Error ? error.message : String(error), data } })
  }
}
