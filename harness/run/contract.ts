import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { RpcDriver } from '../lab/embedded/rpc-driver.ts'
import type { Account, XmppServerDriver } from '../lab/lab.ts'
import { transports } from '../plan/cells.ts'
import { capabilitiesOf, readManifests } from '../plan/registry.ts'
import { UsageError } from '../plan/usage-error.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { ns } from '../tester/xmpp-client/namespaces.ts'
import { RawStream } from '../tester/xmpp-client/raw-stream.ts'
import { Session } from '../tester/xmpp-client/session.ts'
import type { ServerTransport } from '../tester/xmpp-server/scripted-server.ts'
import { createClientStage } from './client-fixtures.ts'
import { labDomain } from './client-world.ts'
import { type Check, checkEnds, checkManners, type Described, inContractLab, must } from './contract-checks.ts'
import { driverDescription } from './driver-description.ts'
import { iceContract } from './ice-contract.ts'

/** One thing that drivers/PROTOCOL.md asks, and whether it is so. */
export interface ContractCheck {
  what: string
  ok: boolean
  /** What went wrong. */
  detail?: string
}

export interface ContractReport {
  /** `stanza@12.22.1`. */
  implementation: string
  role: string
  checks: ContractCheck[]
  passed: boolean
  durationMs: number
}

/**
 * Checks a driver against the contract of its role: drivers/PROTOCOL.md for clients in processes of their own,
 * `XmppServerDriver` for servers in containers. A check that fails ends nothing: the others still run.
 *
 * @param id `stanza` or `prosody@13.0.7`; without a version the last variant of the manifest
 * @throws UsageError when there is no such implementation, or no contract for its role.
 */
export async function runContract(id: string, tell: (text: string) => void = () => {}): Promise<ContractReport> {
  const [name = '', version] = id.split('@')
  const manifests = await readManifests()
  const manifest = manifests.find((known) => known.id === name)
  if (!manifest)
    throw new UsageError(`there is no implementation "${name}"; there are ${manifests.map((one) => one.id).join(', ')}`)
  const variant = version ? manifest.variants.find((one) => one.version === version) : manifest.variants.at(-1)
  if (!variant) {
    const versions = manifest.variants.map((one) => one.version).join(', ')
    throw new UsageError(`${name} has no version ${version}; it has ${versions}`)
  }
  const started = performance.now()
  const checks: ContractCheck[] = []
  const check: Check = async (what, step) => {
    tell(what)
    try {
      await step()
      checks.push({ what, ok: true })
    } catch (error) {
      checks.push({ what, ok: false, detail: error instanceof Error ? error.message : String(error) })
    }
  }
  const role = manifest.roles[0] ?? ''
  if (role === 'xmpp-client') await clientContract({ manifest, variant }, check, tell)
  else if (role === 'ice-agent') await iceContract({ manifest, variant }, check, tell)
  else if (role === 'xmpp-server') await serverContract({ manifest, variant }, check, tell)
  else throw new UsageError(`there is no contract for the role ${role} yet`)
  return {
    implementation: `${manifest.id}@${variant.version}`,
    role,
    checks,
    passed: checks.every(({ ok }) => ok),
    durationMs: Math.round(performance.now() - started),
  }
}

async function clientContract(described: Described, check: Check, tell: (text: string) => void): Promise<void> {
  const lacks = { ...described.manifest.lacks, ...described.variant.lacks }
  await inContractLab(described, check, tell, async (source, withDriver) => {
    const stage = (driver: RpcDriver, transport: ServerTransport) =>
      createClientStage({
        domain: labDomain,
        transport,
        certificates: source.certificates,
        address: source.address,
        recorder: new CaseRecorder(),
        driver,
      })

    let verbs: string[] = []
    await check('initialize names the library, its verbs and its events', () =>
      withDriver(async (driver) => {
        const said = driverDescription.parse(await driver.request('initialize', {}, 20_000))
        verbs = said.verbs
        for (const verb of ['login', 'logout']) must(verbs.includes(verb), `the verb ${verb}`, verbs.join(' '))
        for (const event of ['online', 'error'])
          must(said.events.includes(event), `the event ${event}`, said.events.join(' '))
      }),
    )
    await checkManners(check, withDriver, () => verbs, 'login')
    for (const transport of transports.filter((one) =>
      capabilitiesOf(described.manifest, described.variant).has(one),
    )) {
      await check(`login over ${transport} tells online, then what arrives, in order`, async () => {
        const { fixtures, end } = await stage(source.start(), transport)
        try {
          const outcome = await fixtures.client.attempt()
          must(outcome.kind === 'online', 'online', `${outcome.kind} ${outcome.said}`)
          must(outcome.jid === fixtures.server.connection?.jid, `${fixtures.server.connection?.jid}`, `${outcome.jid}`)
          for (const body of ['one', 'two', 'three']) {
            fixtures.server.send(
              `<message from='${fixtures.contact}/x' to='${outcome.jid}' type='chat'><body>${body}</body></message>`,
            )
          }
          await fixtures.client.nextTold('message', ({ body }) => body === 'three', { awaited: 'the third message' })
          const told = fixtures.client.told('message').map(({ params }) => params.body)
          must(told.join() === 'one,two,three', 'one, two, three', told.join(', '))
        } finally {
          await end()
        }
      })
      await check(`a login over ${transport} that fails is told`, async () => {
        const { fixtures, end } = await stage(source.start(), transport)
        try {
          fixtures.server.deviate('sasl.auth', `<failure xmlns='${ns.sasl}'><not-authorized/></failure>`)
          const { kind } = await fixtures.client.attempt()
          // A library that dies of it, or tells nobody, does so on its own account.
          const told = ['error', 'disconnected', 'offline'].some((event) => fixtures.client.told(event).length > 0)
          must((told || lacks.failures) && kind !== 'online', 'error, disconnected or offline', kind)
        } finally {
          await end()
        }
      })
      await check(`logout over ${transport} closes the stream`, async () => {
        const { fixtures, end } = await stage(source.start(), transport)
        try {
          await fixtures.client.login()
          // Some libraries answer when they are done, and some are done before they can.
          await Promise.race([fixtures.client.call('logout').catch(() => undefined), fixtures.client.closes()])
          const { kind } = await fixtures.client.closes()
          must(kind === 'closed', 'a closed stream', kind)
        } finally {
          await end()
        }
      })
    }
    await checkEnds(check, withDriver)
  })
}

async function serverContract({ manifest, variant }: Described, check: Check, tell: (text: string) => void) {
  const { startServer } = await import('../lab/docker/server.ts')
  const scratchDir = await mkdtemp(path.join(tmpdir(), 'assay-contract-'))
  const file = path.join(import.meta.dirname, '../../drivers', manifest.id, 'driver.ts')
  const { default: driver } = (await import(pathToFileURL(file).href)) as { default: XmppServerDriver }
  const [runId, cellId] = [`contract-${process.pid}`, manifest.id]
  let server: Awaited<ReturnType<typeof startServer>> | undefined
  await check('it starts', async () => {
    server = await startServer({ driver, manifest, variant, runId, cellId, scratchDir, onProgress: tell })
  })
  try {
    const running = server
    if (!running) return
    const { endpoints } = running
    const account = (local: string): Account => ({
      local,
      domain: endpoints.domain,
      jid: `${local}@${endpoints.domain}`,
      password: `secret-${local}`,
    })
    const recorder = new CaseRecorder()
    const logIn = async (who: Account) => {
      const session = await Session.login(endpoints, who, recorder.connection(who.local))
      await session.close()
    }
    await check('it accepts a stream and sends features', async () => {
      const stream = await RawStream.connect(endpoints, recorder.connection('stream'))
      await stream.open()
      await stream.features()
      await stream.close()
    })
    const [one, two] = [account('contract-one'), account('contract-two')]
    await check('accounts can be added, and log in', async () => {
      await running.addAccounts([one, two])
      await logIn(one)
      await logIn(two)
    })
    await check('an account that is there already is no fault', () => running.addAccounts([one]))
    await check('a restart keeps accounts', async () => {
      await running.restart()
      await logIn(one)
    })
    await check('it keeps a log', async () => {
      const log = await running.log(0, Date.now() + 1_000)
      must(log.length > 0, 'a log', 'an empty one')
    })
    await check('it stops', async () => {
      await running[Symbol.asyncDispose]()
      const answers = await RawStream.connect(endpoints, recorder.connection('after')).then(
        (stream) => {
          stream.destroy()
          return true
        },
        () => false,
      )
      must(!answers, 'nobody at its port', 'a connection')
    })
  } finally {
    if (server) await Promise.resolve(server[Symbol.asyncDispose]()).catch(() => {})
    await rm(scratchDir, { recursive: true, force: true })
  }
}
