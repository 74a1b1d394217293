import { expect } from '../suite/expect.ts'
import type { TurnClientChoice, TurnFixtures } from '../suite/turn-fixtures.ts'
import { Inconclusive, Unsupported } from '../suite/verdict-errors.ts'
import type { Datagram } from '../tester/ice-peer/ice-socket.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import { answerOf, type TurnAccount, TurnClient } from '../tester/turn-client/turn-client.ts'
import { TurnPeer } from '../tester/turn-client/turn-peer.ts'
import type { CapturedPacket } from '../wire/captured-packet.ts'
import type { Endpoint } from '../wire/ip/address.ts'
import { linkTypes } from '../wire/link-type.ts'
import { pcapFile } from '../wire/pcap/pcap-writer.ts'
import { encodeUdp } from '../wire/udp/encode-udp.ts'
import type { Stage } from './world.ts'

export interface TurnStageParts {
  server: Endpoint
  /** The tester's own address, which the server reaches too. */
  address: string
  accounts: { own: TurnAccount; other: TurnAccount }
  recorder: CaseRecorder
  /** Own 5-tuples that the server has seen: it may still know them when they are closed, so none is used twice. */
  used: Set<string>
}

export interface TurnStage extends Stage {
  readonly fixtures: TurnFixtures
}

/** Makes what one attempt at a case of role `turn-server` works with. What it opens is given back when it ends. */
export function createTurnStage({ server, address, accounts, recorder, used }: TurnStageParts): TurnStage {
  const packets: CapturedPacket[] = []
  const onDatagram = ({ at, direction, local, remote, bytes }: Datagram) => {
    const [source, destination] = direction === 'sent' ? [local, remote] : [remote, local]
    const data = encodeUdp({ source, destination, payload: bytes })
    packets.push({ at, length: data.length, data })
  }
  const opened: { close(): Promise<void> }[] = []

  const client = ({ transport = 'udp' }: TurnClientChoice = {}) =>
    given('the server can be reached', async () => {
      const connection = recorder.connection(`client over ${transport.toUpperCase()}`)
      const account = accounts.own
      for (;;) {
        const made = await TurnClient.open({ transport, server, address, account, recorder: connection, onDatagram })
        opened.push(made)
        const name = `${transport} ${made.local.port}`
        if (used.has(name)) continue
        used.add(name)
        return made
      }
    })

  const allocated = async (choice?: TurnClientChoice) => {
    const made = await client(choice)
    await given('the client gets an allocation', async () => {
      const answer = await made.allocate()
      if (!made.relayed) throw new Error(answerOf(answer))
    })
    return made as TurnClient & { relayed: Endpoint }
  }

  const peer = async () => {
    const made = await TurnPeer.open(address, recorder.connection('peer'), onDatagram)
    opened.push(made)
    return made
  }

  return {
    fixtures: { client, allocated, peer, other: accounts.other, expect, given },
    end: async () => void (await Promise.all(opened.map((one) => one.close()))),
    evidence: async () => {
      const files: Record<string, Uint8Array> = {}
      if (packets.length > 0) files['capture.pcap'] = pcapFile(linkTypes.raw, packets)
      return files
    },
  }
}

async function given<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Inconclusive || error instanceof Unsupported) throw error
    const message = error instanceof Error ? error.message : String(error)
    throw new Inconclusive(`could not get as far as "${what}": ${message}`, { cause: error })
  }
}
