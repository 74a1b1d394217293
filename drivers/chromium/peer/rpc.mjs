// The driver's side of drivers/PROTOCOL.md: JSON-RPC 2.0, one message a line, over standard input and output.
import { createInterface } from 'node:readline'

const codes = { notJson: -32700, noRequest: -32600, noSuchVerb: -32601, failed: -32000 }

const write = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

/** Tells an event to the harness. */
export const tell = (event, params = {}) => write({ method: event, params })

/**
 * Serves verbs, each a function of its parameters, until standard input ends or `shutdown` comes.
 *
 * @param end called once, when nobody wants the driver any more
 */
export function serveVerbs(verbs, end) {
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => line.trim() !== '' && answer(verbs, line, end))
  lines.on('close', end)
  process.on('SIGTERM', end)
}

async function answer(verbs, line, end) {
  let request
  try {
    request = JSON.parse(line)
  } catch {
    return write({ id: null, error: { code: codes.notJson, message: 'not JSON' } })
  }
  const { id = null, method, params } = request ?? {}
  if (typeof method !== 'string') return write({ id, error: { code: codes.noRequest, message: 'not a request' } })
  if (method === 'shutdown') {
    write({ id, result: null })
    return end()
  }
  const verb = Object.hasOwn(verbs, method) ? verbs[method] : undefined
  if (!verb) return write({ id, error: { code: codes.noSuchVerb, message: `there is no verb "${method}"` } })
  try {
    write({ id, result: (await verb(params ?? {})) ?? null })
  } catch (error) {
    const { message, condition, code = codes.failed } = error
    write({ id, error: { code, message, ...(condition ? { data: { condition } } : {}) } })
  }
}
