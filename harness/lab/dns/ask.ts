import { createSocket } from 'node:dgram'

/** How long a name server of the lab may take, milliseconds. */
const patienceMs = 8_000

/**
 * Passes a question on to a name server over UDP, as it is (RFC 1035 §4). Resolves with its answer, or with '' where
 * none comes.
 */
export function askNameServer(question: Uint8Array, server: { host: string; port: number }): Promise<Uint8Array | ''> {
  return new Promise((resolve) => {
    const socket = createSocket(server.host.includes(':') ? 'udp6' : 'udp4')
    const done = (answer: Uint8Array | '') => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(done, patienceMs, '')
    socket.once('message', done)
    socket.once('error', () => done(''))
    socket.send(question, server.port, server.host)
  })
}
