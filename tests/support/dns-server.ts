import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { decode, encode, type SrvAnswer, type StringAnswer } from 'dns-packet'

/** A record of the server: an address, or a service with its place. */
export type DnsRecord =
  | { name: string; type: 'A'; data: string }
  | { name: string; type: 'SRV'; data: { target: string; port: number; priority?: number; weight?: number } }

/** A name server on loopback that knows these records and nothing else, and keeps what it was asked. */
export class DnsServer implements AsyncDisposable {
  /** What was asked, in order: `SRV _xmpp-client._tcp.example.test`. */
  readonly questions: string[] = []
  readonly #socket: Socket

  private constructor(socket: Socket, records: DnsRecord[]) {
    this.#socket = socket
    socket.on('message', (message, peer) => {
      const query = decode(message)
      const [question] = query.questions ?? []
      if (!question) return
      this.questions.push(`${question.type} ${question.name}`)
      const named = records.filter(({ name }) => name.toLowerCase() === question.name.toLowerCase())
      const answers = named
        .filter(({ type }) => type === question.type)
        .map((record) => ({ ttl: 1, ...record }) as StringAnswer | SrvAnswer)
      // 3: no such name. A name that has records of other types only is no fault (RFC 2308 §2.2).
      const rcode = named.length === 0 ? 3 : 0
      const flags = 0x0400 | 0x0080 | ((query.flags ?? 0) & 0x0100) | rcode
      socket.send(encode({ type: 'response', id: query.id ?? 0, flags, questions: [question], answers }), peer.port)
    })
  }

  /** Starts one on a free UDP port of 127.0.0.1. */
  static async start(records: DnsRecord[]): Promise<DnsServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new DnsServer(socket, records)
  }

  /** `address:port`, as ASSAY_DNS takes it. */
  get address(): string {
    const { address, port } = this.#socket.address() as AddressInfo
    return `${address}:${port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}
