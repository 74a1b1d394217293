import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type Answer, type DecodedPacket, decode, encode, type Question } from 'dns-packet'
import { LabError } from '../lab.ts'

/** A record of the server: an address, another name, or a service with its place (RFC 2782). */
export type DnsRecord =
  | { name: string; type: 'A' | 'AAAA' | 'CNAME'; data: string }
  | { name: string; type: 'SRV'; data: { target: string; port: number; priority?: number; weight?: number } }

/** What one server may be made to hold or do: clients under test ask it. */
const limits = {
  questions: 20_000,
  /** Aliases followed for one answer. */
  aliases: 8,
  /** TCP connections at a time, and how long one may be idle, milliseconds. */
  connections: 64,
  idleMs: 10_000,
}

/** Bytes of an answer over UDP where the question names no size of its own (RFC 1035 §4.2.1). */
const plainUdpSize = 512
const flags = { authoritative: 0x0400, recursionDesired: 0x0100, recursionAvailable: 0x0080, truncated: 0x0200 }
const noSuchName = 3

/**
 * A name server that knows its records and nothing else, over UDP and TCP on one port, and keeps what it was asked.
 * Answers hold the records in the order in which they were added.
 */
export class DnsServer implements AsyncDisposable {
  /** What was asked, in order: `SRV _xmpp-client._tcp.example.test`. */
  readonly questions: string[] = []
  readonly #udp: UdpSocket
  readonly #tcp: Server
  readonly #open = new Set<Socket>()
  readonly #watchers = new Set<(question: string) => void>()
  #records: DnsRecord[]

  private constructor(udp: UdpSocket, tcp: Server, records: DnsRecord[]) {
    this.#udp = udp
    this.#tcp = tcp
    this.#records = [...records]
    udp.on('message', (message, peer) => {
      const answer = this.#answer(message, plainUdpSize)
      if (answer) udp.send(answer, peer.port, peer.address, () => {})
    })
    udp.on('error', () => {})
    tcp.maxConnections = limits.connections
    tcp.on('connection', (socket) => this.#serve(socket))
  }

  /**
   * Starts one.
   *
   * @param host address to listen on; 127.0.0.1 by default
   * @throws LabError when there is no port that is free for both UDP and TCP.
   */
  static async start(records: DnsRecord[] = [], host = '127.0.0.1'): Promise<DnsServer> {
    let cause: unknown
    for (let attempt = 0; attempt < 5; attempt++) {
      const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4')
      const tcp = createServer()
      try {
        udp.bind(0, host)
        await once(udp, 'listening')
        tcp.listen(udp.address().port, host)
        await once(tcp, 'listening')
        return new DnsServer(udp, tcp, records)
      } catch (error) {
        // Somebody else has the port over TCP.
        cause = error
        udp.close()
      }
    }
    throw new LabError(`the name server of the lab cannot listen on ${host}: ${cause}`, { cause })
  }

  /** `address:port`, as ASSAY_DNS takes it. */
  get address(): string {
    const { address, port } = this.#tcp.address() as AddressInfo
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  }

  get port(): number {
    return (this.#tcp.address() as AddressInfo).port
  }

  /** Adds records behind those that are there. */
  add(...records: DnsRecord[]): void {
    this.#records.push(...records)
  }

  /** Forgets the records of a domain and of everything below it. */
  forget(domain: string): void {
    this.#records = this.#records.filter(({ name }) => !below(name, domain))
  }

  /** What was asked about a domain and what is below it. */
  questionsAbout(domain: string): string[] {
    return this.questions.filter((question) => isAbout(question, domain))
  }

  /** Calls the listener for every question; returns what ends that. */
  watch(listener: (question: string) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = Promise.all([once(this.#udp, 'close'), once(this.#tcp, 'close')])
    this.#udp.close()
    this.#tcp.close()
    for (const socket of this.#open) socket.destroy()
    await closed
  }

  /** The answer to a message; undefined where it is no question. */
  #answer(message: Uint8Array, size: number): Buffer | undefined {
    const query = read(message)
    const [question] = query?.questions ?? []
    if (!query || !question || query.type !== 'query') return undefined
    const asked = `${question.type} ${question.name}`
    if (this.questions.length < limits.questions) this.questions.push(asked)
    for (const watcher of this.#watchers) watcher(asked)
    const { answers, known } = this.#find(question)
    // A name that has records of other types only is no fault (RFC 2308 §2.2).
    const base =
      flags.authoritative |
      flags.recursionAvailable |
      ((query.flags ?? 0) & flags.recursionDesired) |
      (known ? 0 : noSuchName)
    const head = { type: 'response' as const, id: query.id ?? 0, questions: [question] }
    const whole = encode({ ...head, flags: base, answers })
    const room = Math.max(size, sizeOffered(query))
    // Too long for a datagram: the asker comes again over TCP (RFC 7766 §5).
    return whole.length <= room ? whole : encode({ ...head, flags: base | flags.truncated, answers: [] })
  }

  #find({ name, type }: Question): { answers: Answer[]; known: boolean } {
    const answers: Answer[] = []
    let known = false
    let wanted = name.toLowerCase()
    for (let step = 0; step < limits.aliases; step++) {
      const named = this.#records.filter((record) => record.name.toLowerCase() === wanted)
      if (named.length > 0) known = true
      const found = named.filter((record) => record.type === type)
      answers.push(...found.map(toAnswer))
      const alias = named.find((record) => record.type === 'CNAME')
      if (found.length > 0 || alias?.type !== 'CNAME') break
      answers.push(toAnswer(alias))
      wanted = alias.data.toLowerCase()
    }
    return { answers, known }
  }

  /** Questions over TCP: each with its length before it (RFC 1035 §4.2.2). */
  #serve(socket: Socket) {
    this.#open.add(socket)
    socket.setTimeout(limits.idleMs, () => socket.destroy())
    socket.on('close', () => this.#open.delete(socket))
    socket.on('error', () => {})
    let waiting = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk])
      while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
        const end = 2 + waiting.readUInt16BE(0)
        const answer = this.#answer(waiting.subarray(2, end), 65_535)
        waiting = waiting.subarray(end)
        if (!answer) {
          socket.destroy()
          return
        }
        const length = Buffer.alloc(2)
        length.writeUInt16BE(answer.length)
        socket.write(Buffer.concat([length, answer]))
      }
    })
  }
}

function read(message: Uint8Array): DecodedPacket | undefined {
  try {
    return decode(Buffer.from(message))
  } catch {
    return undefined
  }
}

/** Bytes of UDP that the asker can take (RFC 6891 §6.2.3). */
function sizeOffered({ additionals = [] }: DecodedPacket): number {
  const option = additionals.find(({ type }) => type === 'OPT')
  return option && 'udpPayloadSize' in option ? Number(option.udpPayloadSize) : 0
}

const toAnswer = (record: DnsRecord): Answer => ({ ttl: 1, ...record }) as Answer

/** Whether a question is about a domain or what is below it. */
export const isAbout = (question: string, domain: string): boolean =>
  below(question.slice(question.indexOf(' ') + 1), domain)

const below = (name: string, domain: string): boolean => {
  const [one, other] = [name.toLowerCase(), domain.toLowerCase()]
  return one === other || one.endsWith(`.${other}`)
}
