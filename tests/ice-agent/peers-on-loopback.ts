import { setTimeout as pass } from 'node:timers/promises'
import { type Examination, examine, readSignalling } from '../../harness/diagnose/index.ts'
import { IceEngine, type IceEngineOptions } from '../../harness/tester/ice-peer/ice-engine.ts'
import type { IceMistake } from '../../harness/tester/ice-peer/ice-mistakes.ts'
import type { Datagram } from '../../harness/tester/ice-peer/ice-socket.ts'
import { linkTypes } from '../../harness/wire/link-type.ts'
import { pcapFile } from '../../harness/wire/pcap/pcap-writer.ts'
import { readTrace } from '../../harness/wire/trace/read-trace.ts'
import { encodeUdp } from '../../harness/wire/udp/encode-udp.ts'

type Side = 'controlling' | 'controlled'

/** What of a call between two scripted peers is not as usual. */
export interface PeerCall {
  /** Who makes the mistakes; the controlled one by default. */
  by?: Side
  makes?: IceMistake[]
  options?: Partial<Record<Side, Partial<IceEngineOptions>>>
  /** Changes the two before they hear of each other. */
  before?: (peers: Record<Side, IceEngine>) => void
  /** What they do in place of hearing of each other at once. */
  meet?: (peers: Record<Side, IceEngine>) => Promise<void> | void
  /** How long the call lasts, milliseconds. */
  lasts?: number
  /** What they send at the end: each a few packets on what it has selected. */
  talks?: boolean
}

export const meet = ({ controlling, controlled }: Record<Side, IceEngine>): void => {
  controlled.setRemote(controlling.description)
  controlling.setRemote(controlled.description)
}

/** Lets two scripted peers call each other over loopback, and gives what the rules say of their packets. */
export async function diagnosePeers(call: PeerCall): Promise<Examination> {
  const { by = 'controlled', makes = [], options = {}, lasts = 1500 } = call
  const passed: Datagram[] = []
  const balance = new Map<string, number>()
  const note = (datagram: Datagram) => {
    const { local, remote, direction, bytes } = datagram
    const ends = direction === 'sent' ? [local, remote] : [remote, local]
    const key = `${ends.map(({ address, port }) => `${address}:${port}`)} ${Buffer.from(bytes).toString('hex')}`
    // Both ends tell of a datagram; of one from a socket that nobody watches only the receiver does.
    const ahead = (balance.get(key) ?? 0) + (direction === 'sent' ? 1 : -1)
    balance.set(key, Math.max(ahead, 0))
    if (direction === 'sent' || ahead < 0) passed.push(datagram)
  }
  const open = (role: Side) =>
    IceEngine.open({
      role,
      onDatagram: note,
      ...(role === by ? { makes: (one) => makes.includes(one) } : {}),
      ...options[role],
    })
  const peers = { controlling: await open('controlling'), controlled: await open('controlled') }
  call.before?.(peers)
  const first = Object.values(peers).map(sdpOf)
  await (call.meet ?? meet)(peers)
  await pass(lasts)
  if (call.talks) {
    for (let index = 0; index < 90; index++) {
      for (const peer of Object.values(peers)) peer.send(rtp(index))
      await pass(20)
    }
  }
  const told = [...first, ...Object.values(peers).map(sdpOf)]
  await Promise.all(Object.values(peers).map((peer) => peer.close()))
  const packets = passed.map((one) => {
    const [source, destination] = one.direction === 'sent' ? [one.local, one.remote] : [one.remote, one.local]
    const data = encodeUdp({ source, destination, payload: one.bytes })
    return { at: one.at, length: data.length, data }
  })
  const bytes = pcapFile(
    linkTypes.raw,
    packets.toSorted((one, other) => one.at - other.at),
  )
  return examine(await readTrace({ name: 'loopback', bytes }), readSignalling(told))
}

/** What an agent signals, as SDP. */
const sdpOf = ({ description }: IceEngine): string =>
  [
    `a=ice-ufrag:${description.ufrag}`,
    `a=ice-pwd:${description.pwd}`,
    `a=ice-options:${description.options.join(' ')}`,
    ...(description.lite ? ['a=ice-lite'] : []),
    ...description.candidates.map(
      (one) => `a=candidate:${one.foundation} 1 udp ${one.priority} ${one.address} ${one.port} typ ${one.type}`,
    ),
  ].join('\r\n')

function rtp(sequence: number): Uint8Array {
  const bytes = Buffer.alloc(32)
  bytes[0] = 0x80
  bytes[1] = 8
  bytes.writeUInt16BE(sequence, 2)
  bytes.writeUInt32BE(sequence * 160, 4)
  bytes.writeUInt32BE(7, 8)
  return bytes
}
