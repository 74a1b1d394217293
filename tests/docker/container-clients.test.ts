// What clients in containers live in: their processes, their network, and their bad days.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { DnsServer } from '../../harness/lab/dns/dns-server.ts'
import { cleanRun } from '../../harness/lab/docker/clean.ts'
import { docker } from '../../harness/lab/docker/client.ts'
import { ClientLab } from '../../harness/lab/docker/client-lab.ts'
import { ensureImage, listImages } from '../../harness/lab/docker/images.ts'
import { ownerIsGone } from '../../harness/lab/docker/labels.ts'
import { reachesContainers } from '../../harness/lab/docker/reach.ts'
import { RpcDriver } from '../../harness/lab/embedded/rpc-driver.ts'
import { LabError } from '../../harness/lab/lab.ts'
import { ClientWorld } from '../../harness/run/client-world.ts'
import { openDriverSource } from '../../harness/run/driver-source.ts'
import type { AttemptOutcome } from '../../harness/run/job.ts'
import { JobRunner } from '../../harness/run/run-job.ts'
import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { defineSuite, type Suite } from '../../harness/suite/define-suite.ts'
import { containerClient, containerClientJob } from '../support/container-client.ts'
import { dockerTest } from '../support/docker-test.ts'
import { testRunId } from '../support/lab-server.ts'

const runDirectory = mkdtempSync(path.join(tmpdir(), 'assay-container-clients-'))
after(() => rmSync(runDirectory, { recursive: true }))

const ofRun = (runId: string) => ({ filters: { label: [`dev.assay.run=${runId}`] } })
const left = async (runId: string) => ({
  containers: (await docker().listContainers({ all: true, ...ofRun(runId) })).length,
  networks: (await docker().listNetworks(ofRun(runId))).length,
})

/** The lab of the misbehaving client. */
async function open() {
  const runId = testRunId()
  const options = {
    described: containerClient(),
    runId,
    cellId: 'container-client',
    scratch: runDirectory,
    processes: 2,
  }
  const source = await openDriverSource(options)
  const start = () => {
    const driver = source.start()
    // A busy machine takes its time.
    return Object.assign(driver, { ask: (verb: string) => driver.request(verb, {}, 60_000) })
  }
  return { runId, start, source, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() }
}

/** Runs bodies as the cases of one cell, one after the other. */
async function run(bodies: Record<string, (fixtures: ClientFixtures, runId: string) => Promise<void>>) {
  const runId = testRunId()
  const suite = defineSuite(
    { specification: 'RFC 6120', title: 'Core', category: 'Core', role: 'xmpp-client' },
    ({ test }) => {
      for (const [name, body] of Object.entries(bodies)) {
        test(`rfc6120/1/${name}`, { section: '1', level: 'MUST', statement: name }, (fixtures) => body(fixtures, runId))
      }
    },
  ) as Suite
  const outcomes: Record<string, AttemptOutcome> = {}
  const job = {
    ...containerClientJob(runId, runDirectory),
    cases: suite.cases.map(({ id }) => ({ id, attempts: [1] })),
  }
  const world = await ClientWorld.create(job, containerClient())
  try {
    await new JobRunner(job, world, [suite], (event) => {
      if (event.type === 'case-finished') outcomes[event.id.replace(/.*\//, '')] = event.outcome
    }).run()
  } finally {
    await world[Symbol.asyncDispose]()
  }
  assert.deepEqual(await left(runId), { containers: 0, networks: 0 })
  return outcomes
}

const connects = async ({ client, server }: ClientFixtures) => {
  const { kind, said } = await client.attempt()
  if (server.connections.length !== 1) throw new Error(`it did not connect: ${kind} ${said}`)
}

dockerTest('each probe is a process of its own, with the authority, and nothing of the one before', async () => {
  await using lab = await open()
  const first = lab.start()
  const environment = (await first.ask('environment')) as Record<string, string>
  assert.equal(environment.ASSAY_VARIANT, '1.0')
  assert.equal(environment.SSL_CERT_FILE, environment.ASSAY_CA_FILE)
  assert.equal(await first.ask('authority'), '-----BEGIN CERTIFICATE-----')
  assert.equal(await first.ask('litter'), `${environment.HOME}/litter`)
  await first.end()
  const second = lab.start()
  const { HOME: home } = (await second.ask('environment')) as Record<string, string>
  assert.notEqual(home, environment.HOME)
  assert.equal(await second.ask('litter'), `${home}/litter`)
  await second.end()
})

dockerTest('its network leads to the tester, and no name is known there but those that the tester tells', async () => {
  await using lab = await open()
  const networks = await docker().listNetworks(ofRun(lab.runId))
  assert.deepEqual(
    networks.map(({ Internal }) => Internal),
    [await reachesContainers()],
  )
  const { certificates, address } = lab.source
  const { certPem } = await certificates.get('right')
  assert.match(new X509Certificate(certPem).subjectAltName ?? '', new RegExp(`IP Address:${address.seen}(,|$)`))
  const driver = lab.start()
  await driver.ask('alive')
  const before = performance.now()
  assert.equal(await driver.ask('resolve'), null)
  const took = performance.now() - before
  assert.ok(took < 4_000, `a name that is not there took ${took} ms`)
  await using names = await DnsServer.start([{ name: 'somewhere.example', type: 'A', data: '192.0.2.7' }])
  lab.source.useNames?.({ host: '127.0.0.1', port: names.port })
  assert.equal(await driver.ask('resolve'), '192.0.2.7')
  await driver.end()
})

dockerTest('the tester can have several addresses', async () => {
  const options = { described: containerClient(), runId: testRunId(), cellId: 'addresses', scratch: runDirectory }
  await using source = await openDriverSource({ ...options, processes: 1, addresses: 2 })
  if (!(await reachesContainers())) return
  const [first, second] = source.addresses
  assert.notEqual(first?.seen, second?.seen)
  for (const address of source.addresses) {
    const server = createServer((socket) => socket.end()).listen(0, address.listen)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const driver = source.start()
    const told = new Promise((resolve) => driver.onEvent(({ params }) => resolve(params.message)))
    await driver.request('login', { host: address.seen, port }, 60_000)
    assert.equal(await told, 'it speaks no XMPP')
    await driver.end()
    server.close()
  }
})

dockerTest('where the engine is another machine, the tester is found by its name there', async () => {
  const { context } = containerClient().variant.source as { context: string }
  const { tag } = await ensureImage(context)
  const owner = { runId: testRunId(), cellId: 'elsewhere' }
  await using lab = await ClientLab.create({
    ...owner,
    name: 'elsewhere',
    image: tag,
    memoryBytes: 2 ** 30,
    environment: {},
    direct: false,
  })
  const [address] = lab.addresses
  assert.equal(address?.listen, '0.0.0.0')
  assert.match(address.seen, /^\d+\.\d+\.\d+\.\d+$/)
  const server = createServer((socket) => socket.end()).listen(0, address.listen)
  await once(server, 'listening')
  const driver = new RpcDriver(lab.start(['/assay/driver']))
  const told = new Promise((resolve) => driver.onEvent(({ params }) => resolve(params.message)))
  await driver.request('login', { host: address.seen, port: (server.address() as AddressInfo).port }, 60_000)
  assert.equal(await told, 'it speaks no XMPP')
  await driver.end()
  server.close()
})

dockerTest('a driver that forks, and ignores SIGTERM, leaves nothing', async () => {
  await using lab = await open()
  const forker = lab.start()
  await forker.ask('fork')
  assert.equal(await forker.ask('processes'), 'left-behind-1 left-behind-2 left-behind-3')
  await forker.end()
  const stubborn = lab.start()
  await stubborn.ask('stubborn')
  assert.equal(await stubborn.ask('processes'), 'stubborn')
  await stubborn.end()
  const last = lab.start()
  assert.equal(await last.ask('processes'), '')
  await last.end()
})

dockerTest('one that uses up the memory dies of it, and its neighbours do not', async () => {
  await using lab = await open()
  const [neighbour, eater] = [lab.start(), lab.start()]
  await assert.rejects(eater.ask('eat'), /the driver is gone: killed: it used up the memory of its container/)
  assert.equal(eater.gone?.fault, undefined)
  await neighbour.ask('alive')
  await neighbour.end()
})

dockerTest('the time that it works is known', async () => {
  await using lab = await open()
  const driver = lab.start()
  await driver.ask('alive')
  const before = (await driver.processorMs()) ?? Number.NaN
  await driver.ask('burn')
  const worked = ((await driver.processorMs()) ?? Number.NaN) - before
  assert.ok(worked >= 150 && worked < 1_000, `${worked} ms`)
  await driver.end()
})

dockerTest(
  'a container that is killed in mid-case: that case says so and is nobody’s failure, the rest runs',
  async () => {
    const { before, during, afterwards } = await run({
      before: connects,
      during: async ({ client }, runId) => {
        await client.attempt()
        const [container] = await docker().listContainers(ofRun(runId))
        await docker()
          .getContainer(container?.Id ?? '')
          .kill()
        const { kind } = await client.canary()
        // A case that would be content with a dead client.
        assert.ok(kind)
      },
      afterwards: connects,
    })
    assert.equal(before?.verdict, 'pass', before?.message)
    assert.equal(during?.verdict, 'error')
    assert.match(during?.message ?? '', /its container is gone: it was ended by signal 9/)
    assert.equal(afterwards?.verdict, 'pass', afterwards?.message)
  },
)

dockerTest('an image that does not build, or has no driver, is a fault of the lab and says why', async () => {
  const lines = { builds: 'RUN echo this was tried && exit 3', driver: 'RUN true' }
  for (const [what, line] of Object.entries(lines)) {
    const folder = mkdtempSync(path.join(tmpdir(), 'assay-image-'))
    writeFileSync(path.join(folder, 'Dockerfile'), `FROM assay/base:bookworm\n${line}\n`)
    const runId = testRunId()
    const job = containerClientJob(runId, runDirectory)
    await assert.rejects(ClientWorld.create(job, containerClient(folder)), (error: unknown) => {
      assert.ok(error instanceof LabError)
      if (what === 'builds') assert.match(error.log ?? '', /this was tried/)
      else assert.match(error.message, /\/assay\/driver cannot be started: No such file/)
      return true
    })
    assert.deepEqual(await left(runId), { containers: 0, networks: 0 })
    for (const { tag, context } of await listImages()) {
      if (context === path.basename(folder).toLowerCase()) await docker().getImage(tag).remove()
    }
    rmSync(folder, { recursive: true })
  }
})

dockerTest('when the run is killed with -9 its containers go by themselves, and clean knows the rest', async () => {
  const runId = testRunId()
  const support = new URL('../support/container-client.ts', import.meta.url).href
  const world = new URL('../../harness/run/client-world.ts', import.meta.url).href
  const script = `
    import { containerClient, containerClientJob } from '${support}'
import { ClientWorld } from '${world}'
    await ClientWorld.create(containerClientJob('${runId}', '${runDirectory}'), containerClient())
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  const [container] = await docker().listContainers(ofRun(runId))
  assert.ok(container)
  const removed = docker().getContainer(container.Id).wait({ condition: 'removed' })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await removed
  const [network, ...others] = await docker().listNetworks(ofRun(runId))
  assert.deepEqual(others, [])
  assert.ok(ownerIsGone(network?.Labels ?? {}))
  await cleanRun(runId)
  assert.deepEqual(await left(runId), { containers: 0, networks: 0 })
})
