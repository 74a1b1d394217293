import { connect } from 'node:net'

/**
 * Waits until an XMPP server answers a stream header with one of its own (RFC 6120 §4.2): an open port alone may be the
 * engine's, or a server's that has not loaded its hosts yet. Rejects after `timeoutMs` or when `signal` is aborted.
 */
export async function acceptsStreams(
  host: string,
  port: number,
  domain: string,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let pause = 10
  while (!(await answers(host, port, domain, 3000))) {
    signal.throwIfAborted()
    if (performance.now() > deadline) throw new Error(`no stream is accepted at ${host}:${port} within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, pause))
    pause = Math.min(pause * 1.5, 200)
  }
}

const header = (domain: string) =>
  `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`

function answers(host: string, port: number, domain: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let received = ''
    const done = (answer: boolean) => {
      if (answer) socket.end('</stream:stream>')
      else socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(timeoutMs, () => done(false))
    socket.on('error', () => done(false)).on('close', () => done(false))
    socket.on('connect', () => socket.write(header(domain)))
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString()
      if (received.includes('<stream:features') || received.includes('</stream:features')) done(true)
      else if (received.includes('<stream:error')) done(false)
    })
    socket.unref()
  })
}
