import { randomBytes } from 'node:crypto'
import type { ClientDriver } from '../lab/embedded/client-driver.ts'
import { createTap, type Tap } from '../lab/embedded/tap.ts'
import type { Behaviour } from '../record/results-schema.ts'
import { clientExpect } from '../suite/client-expect.ts'
import type { ClientFixtures } from '../suite/client-fixtures.ts'
import { Inconclusive, Unsupported } from '../suite/verdict-errors.ts'
import { ClientProbe } from '../tester/client-probe.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import { contactOf } from '../tester/xmpp-server/answer-iq.ts'
import type { CertificateStore } from '../tester/xmpp-server/certificate-kinds.ts'
import { type FlowFrom, usualPorts } from '../tester/xmpp-server/listener.ts'
import { ScriptedServer, type ServerTransport } from '../tester/xmpp-server/scripted-server.ts'
import { CaptureSplitter } from '../wire/capture-splitter.ts'
import { MergedPackets } from '../wire/merged-packets.ts'
import { type LabNames, ProbeNetwork } from './probe-network.ts'
import type { Stage } from './world.ts'

export interface ClientStageParts {
  domain: string
  transport: ServerTransport
  certificates: CertificateStore
  recorder: CaseRecorder
  /** SASL mechanisms to offer; all by default. */
  mechanisms?: readonly string[]
  /** A fresh client that nobody has used. */
  driver: ClientDriver
  /** Where the tap listens, and the address under which the client finds it; 127.0.0.1 by default. */
  address?: { listen: string; seen: string }
  /** What the lab has of names and addresses, for cases that ask how the client finds its server. */
  names?: LabNames
  /** Port that the client is told to connect to; a free one by default. */
  port?: number
  /** The account's; made up by default. */
  password?: string
}

/** One probe: a fresh client, a fresh server, and a tap between them. */
export interface ClientStage extends Stage {
  readonly fixtures: ClientFixtures
  readonly probe: ClientProbe
  readonly server: ScriptedServer
  readonly capture: CaptureSplitter
  /** How the client behaved, where the case found that out; to be shown beside a verdict that says no other. */
  readonly how: Behaviour | undefined
  /** `client.log`: what the client told its user and printed. */
  evidence(): Promise<Record<string, string>>
}

/**
 * Makes what one attempt at a client case works with. `end` ends the client and the server; the flows that the case is
 * to be cut from are in the recorder by the time it is called.
 *
 * @throws LabError when no port can be had.
 */
export async function createClientStage(parts: ClientStageParts): Promise<ClientStage> {
  const { domain, transport, certificates, recorder, mechanisms, driver } = parts
  const address = parts.address ?? { listen: '127.0.0.1', seen: '127.0.0.1' }
  const account = {
    local: 'romeo',
    domain,
    jid: `romeo@${domain}`,
    password: parts.password ?? randomBytes(9).toString('base64url'),
  }
  const server = await ScriptedServer.start({
    domain,
    account,
    transport,
    certificates,
    recorder,
    mechanisms,
    flowFrom: (port) => flowThrough(tap, port),
  })
  const tap = await createTap({
    target: { host: '127.0.0.1', port: server.port },
    shownPort: usualPorts[transport],
    listen: { host: address.listen, port: parts.port },
  }).catch(async (error: unknown) => {
    await server.close()
    throw error
  })
  const taps = [tap]
  const packets = new MergedPackets()
  packets.add(tap.packets)
  const capture = new CaptureSplitter(packets)
  const client = new ClientProbe(driver, server, recorder.connection('client'), {
    address: address.seen,
    port: tap.port,
  })
  packets.onPacket(client.touch)
  const network = new ProbeNetwork({
    domain,
    certificates,
    address,
    names: parts.names,
    asked: client.touch,
    async open(place, at) {
      const listener = await server.listen({ ...place, flowFrom: (port) => flowThrough(other, port) })
      const other = await createTap({
        target: { host: listener.address, port: listener.port },
        shownPort: usualPorts[place.transport],
        listen: at,
      })
      taps.push(other)
      packets.add(other.packets)
      return { listener, tap: other }
    },
  })
  let how: Behaviour | undefined
  const behaved = (behaviour: Behaviour) => {
    how = behaviour
  }
  const fixtures: ClientFixtures = {
    domain,
    account,
    transport,
    contact: contactOf(domain),
    stranger: 'mallory@elsewhere.test/hideout',
    server,
    ownCertificate: () => certificates.ofClient(account.jid),
    client,
    network,
    expect: clientExpect(behaved),
    given,
    behaved,
    unique: (prefix = 'u') => `${prefix}-${randomBytes(6).toString('hex')}`,
  }
  return {
    fixtures,
    probe: client,
    server,
    capture,
    get how() {
      return how
    },
    async fault() {
      // Whatever the client sits in has to answer for this: when it does not, its end has been told by then.
      await driver.processorMs?.()
      return client.fault
    },
    async end() {
      await client.end()
      await server.close()
      await Promise.all(taps.map((one) => one.close()))
      await network.close()
    },
    evidence: async () => ({ 'client.log': client.log }),
  }
}

/** Where the capture shows the connection that reaches the server from a port of its tap. */
function flowThrough(tap: Tap, port: number): ReturnType<FlowFrom> {
  const flow = tap.flowFrom(port)
  return (
    flow && {
      localAddress: flow.server.address,
      localPort: flow.server.port,
      remoteAddress: flow.client.address,
      remotePort: flow.client.port,
    }
  )
}

async function given<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Inconclusive || error instanceof Unsupported) throw error
    throw new Inconclusive(`could not get as far as "${what}": ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}
