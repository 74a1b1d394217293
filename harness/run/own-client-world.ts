import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ClientDriver } from '../lab/embedded/client-driver.ts'
import { DriverProcess } from '../lab/embedded/driver-process.ts'
import { clientVariables, OwnClient } from '../lab/embedded/own-client.ts'
import { LabError } from '../lab/lab.ts'
import type { Case } from '../suite/define-suite.ts'
import type { Requirement } from '../suite/requirements.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { ns } from '../tester/xmpp-client/namespaces.ts'
import { type CertificateStore, createCertificateStore } from '../tester/xmpp-server/certificate-kinds.ts'
import { smNamespace } from '../tester/xmpp-server/features/stream-management.ts'
import type { ServerTransport } from '../tester/xmpp-server/scripted-server.ts'
import { type ClientStage, createClientStage } from './client-fixtures.ts'
import { askableOf, unmetByClient } from './client-requirements.ts'
import { labDomain, mechanismsFor } from './client-world.ts'
import { driverDescription } from './driver-description.ts'
import type { Job } from './job.ts'
import { noticeOnline } from './notice-online.ts'
import { scratchFolder } from './server-world.ts'
import type { World } from './world.ts'

/** How a command is spoken to: it speaks drivers/PROTOCOL.md, or it only logs in and prints. */
type Speaks = 'protocol' | 'lines'

/** How long a command may take to show which it is, and to log in for the first time, milliseconds. */
const introductionMs = 20_000

/** What a client that announces these in disco#info answers for (XEP-0030 §3). */
const answersFor: Record<string, string> = {
  [ns.ping]: 'ping',
  'jabber:iq:version': 'version',
  'urn:xmpp:receipts': 'receipts',
}

/**
 * The world of a client of the user's own (`--client COMMAND`): the command is started for every case. What it can do
 * is learned by letting it log in once and asking it.
 */
export class OwnClientWorld implements World {
  readonly mostLanes = 4
  readonly provenance: Record<string, string>
  readonly #command: string
  readonly #transport: ServerTransport
  readonly #certificates: CertificateStore
  readonly #scratch: string
  #speaks: Speaks = 'lines'
  #capabilities = new Set<string>()

  private constructor(command: string, transport: ServerTransport, certificates: CertificateStore, scratch: string) {
    this.#command = command
    this.#transport = transport
    this.#certificates = certificates
    this.#scratch = scratch
    this.provenance = { command, node: process.version, openssl: process.versions.openssl }
  }

  /** @throws LabError when the command cannot be started, or does not log in where the server does everything right. */
  static async create(job: Job, command: string): Promise<OwnClientWorld> {
    const scratch = scratchFolder(job)
    await mkdir(scratch, { recursive: true })
    const certificates = await createCertificateStore(labDomain, '127.0.0.1')
    const transport = job.cell.environment.transport as ServerTransport
    const world = new OwnClientWorld(command, transport, certificates, scratch)
    await writeFile(world.#caFile, certificates.caPem)
    try {
      world.#speaks = await world.#recognise()
      await world.#learn()
      return world
    } catch (error) {
      await world[Symbol.asyncDispose]()
      throw error
    }
  }

  get claims(): string[] {
    return [...this.#capabilities].sort()
  }

  unmet(requirement: Requirement): string | undefined {
    return unmetByClient(requirement, this.#transport, this.#capabilities)
  }

  stage(test: Case, recorder: CaseRecorder): Promise<ClientStage> {
    return this.#stage(recorder, mechanismsFor(test))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true })
  }

  get #caFile(): string {
    return path.join(this.#scratch, 'ca.pem')
  }

  async #stage(recorder: CaseRecorder, mechanisms?: readonly string[]): Promise<ClientStage> {
    const own = this.#speaks === 'lines' ? new OwnClient({ command: this.#command, caFile: this.#caFile }) : undefined
    const stage = await createClientStage({
      domain: labDomain,
      transport: this.#transport,
      certificates: this.#certificates,
      recorder,
      mechanisms,
      driver: own ?? this.#driver(),
    })
    if (own) noticeOnline(own, stage.server)
    return stage
  }

  #driver(variables: Record<string, string> = {}): DriverProcess {
    const environment = { ...clientVariables({}, this.#caFile), ...variables }
    return new DriverProcess({ command: '/bin/sh', args: ['-c', this.#command], environment })
  }

  /** Starts the command as both kinds want to be started, and looks which it is. */
  async #recognise(): Promise<Speaks> {
    const stage = await createClientStage({
      domain: labDomain,
      transport: this.#transport,
      certificates: this.#certificates,
      recorder: new CaseRecorder(),
      driver: nobody,
    })
    const { probe, server } = stage
    const process = this.#driver(clientVariables(probe.loginParameters, this.#caFile))
    const connects = new Promise<Speaks>((resolve) => server.watch(() => resolve('lines')))
    const answers = process.request('initialize', {}, introductionMs).then(
      (): Speaks => 'protocol',
      (): Speaks => 'lines',
    )
    try {
      return await Promise.race([connects, answers])
    } finally {
      await process.end()
      await stage.end()
    }
  }

  /** Lets it log in to a server that does everything right, and asks what it can do. */
  async #learn(): Promise<void> {
    const stage = await this.#stage(new CaseRecorder())
    const { probe, server } = stage
    try {
      const { kind, said } = await probe.attempt()
      if (kind !== 'online') {
        throw new LabError(
          `the client does not log in over ${this.#transport} to a server that does everything right (${kind}${said ? `: ${said}` : ''}); docs/own-client.md says what it finds in its environment`,
          { log: probe.log },
        )
      }
      await probe.canary()
      const learned = server.received.flatMap((element) => {
        const caps = element.is('presence') && element.getChild('c', 'http://jabber.org/protocol/caps') ? ['caps'] : []
        const query =
          element.is('iq') && element.attrs.type === 'result' ? element.getChild('query', ns.discoInfo) : undefined
        if (!query) return caps
        return ['disco', ...query.getChildren('feature').map(({ attrs }) => answersFor[attrs.var ?? ''] ?? '')]
      })
      this.#capabilities = new Set([this.#transport, ...learned, ...(await this.#described())].filter(Boolean))
    } finally {
      await stage.end()
    }
    if (await this.#managesStreams()) this.#capabilities.add('sm')
  }

  /** Whether it manages its stream where the server offers that (XEP-0198 §3). */
  async #managesStreams(): Promise<boolean> {
    const stage = await this.#stage(new CaseRecorder())
    const { probe, server } = stage
    try {
      server.offer('sm')
      if ((await probe.attempt()).kind !== 'online') return false
      await probe.canary()
      return server.seen((element) => element.is('enable', smNamespace)).length > 0
    } finally {
      await stage.end()
    }
  }

  /** Verbs and events of one that speaks the protocol, in the words of requirements. */
  async #described(): Promise<string[]> {
    if (this.#speaks === 'lines') return []
    const driver = this.#driver()
    try {
      const { name, version, verbs, events } = driverDescription.parse(
        await driver.request('initialize', {}, introductionMs),
      )
      this.provenance.driver = `${name} ${version ?? ''}`.trim()
      const push = verbs.includes('roster') && events.includes('roster') ? ['roster-push'] : []
      return [...askableOf({ verbs, events }), ...(verbs.includes('archive') ? ['mam'] : []), ...push]
    } finally {
      await driver.end()
    }
  }
}

/** Stands where a client is started some other way. */
const nobody: ClientDriver = {
  exited: new Promise(() => {}),
  request: async () => null,
  onEvent: () => {},
  stderr: '',
  end: async () => {},
}
