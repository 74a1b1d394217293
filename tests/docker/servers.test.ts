import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from '../../harness/lab/docker/client.ts'
import { startServer } from '../../harness/lab/docker/server.ts'
import { LabError } from '../../harness/lab/lab.ts'
import type { CapturedPacket } from '../../harness/wire/captured-packet.ts'
import { dockerTest } from '../support/docker-test.ts'
import { account, implementation, labServer, serverVersions, testRunId } from '../support/lab-server.ts'
import { logsIn } from '../support/login.ts'

for (const { id, variant } of await serverVersions()) {
  dockerTest(`${id} ${variant.version} starts, takes accounts, is captured and logged`, async () => {
    const begun = Date.now()
    await using lab = await labServer(id, variant.version)
    const { server } = lab
    const { domain } = server.endpoints
    const packets: CapturedPacket[] = []
    const enough = Promise.withResolvers<void>()
    server.packets?.onPacket((packet) => {
      if (packets.push(packet) > 50) enough.resolve()
    })

    const fresh = Array.from({ length: id === 'jackal' ? 10 : 100 }, (_, n) => account(`user.${n}`, domain))
    await server.addAccounts(fresh)
    assert.equal(await logsIn(server.endpoints, account('user.0', domain)), true)
    const last = fresh.at(-1) ?? account('', domain)
    assert.equal(await logsIn(server.endpoints, last, { direct: true }), true)
    assert.equal(await logsIn(server.endpoints, { ...last, password: 'another' }), false)
    assert.equal(await logsIn(server.endpoints, account('nobody', domain)), false)
    for (const pooled of server.pool?.slice(-1) ?? []) assert.equal(await logsIn(server.endpoints, pooled), true)

    // The capture comes in bursts; the test's own time-out is the bound.
    await enough.promise
    assert.equal(server.packets?.linkType, 1)
    const times = packets.map(({ at }) => at / 1000)
    assert.ok(Math.min(...times) >= begun && Math.max(...times) <= Date.now())

    const log = await server.log(begun, Date.now())
    assert.match(log, /5222/)
    assert.equal(await server.log(0, begun - 1), '')
    assert.match(server.provenance.package ?? '', new RegExp(`^${id} ${variant.version.replaceAll('.', '\\.')}`))
    assert.match(server.provenance.imageId ?? '', /^sha256:/)
    assert.match(server.provenance.configuration ?? '', /5222|modules_enabled/)
  })
}

for (const id of ['prosody', 'ejabberd', 'jackal']) {
  dockerTest(`${id} that is killed is reported dead once, comes back, and keeps its accounts`, async () => {
    await using lab = await labServer(id)
    const { server } = lab
    const romeo = account('romeo', server.endpoints.domain)
    await server.addAccounts([romeo])
    const deaths: string[] = []
    const died = Promise.withResolvers<void>()
    server.onDeath(({ reason }) => {
      deaths.push(reason)
      died.resolve()
    })
    await kill(lab.runId)
    await died.promise
    assert.deepEqual(deaths, ['exited with 137 (signal 9)'])

    const captured = Promise.withResolvers<void>()
    await server.restart()
    server.packets?.onPacket(() => captured.resolve())
    assert.equal(await logsIn(server.endpoints, romeo), true)
    await captured.promise
    const log = await server.log(Date.now() - 60_000, Date.now())
    assert.ok(log.split('\n').filter((line) => /5222/.test(line)).length >= 2, 'both lives are in the log')

    // A hang looks like a server that runs: it is made to restart, which is nobody's death.
    await server.restart()
    assert.equal(await logsIn(server.endpoints, romeo), true)
    assert.equal(deaths.length, 1)
  })
}

dockerTest(
  'a server that ends while it starts is a fault of the lab with the log of the server, and leaves nothing',
  async () => {
    const { driver, manifest } = await implementation('prosody')
    const [variant] = manifest.variants
    assert.ok(variant)
    const runId = testRunId()
    const scratchDir = await mkdtemp(join(tmpdir(), 'assay-test-'))
    const broken = { ...driver, environment: () => ({ ASSAY_DOMAIN: '' }) }
    const start = startServer({ driver: broken, manifest, variant, runId, cellId: 'broken', scratchDir })
    await assert.rejects(start, (error: unknown) => {
      assert.ok(error instanceof LabError)
      assert.match(error.message, /prosody 0\.11\.9 does not start: .*ended while it started/)
      assert.match(error.log ?? '', /the XMPP domain to serve/)
      return true
    })
    const filters = { label: [`dev.assay.run=${runId}`] }
    assert.equal((await docker().listContainers({ all: true, filters })).length, 0)
    assert.equal((await docker().listNetworks({ filters })).length, 0)
    await rm(scratchDir, { recursive: true })
  },
)

dockerTest('two labs at once do not know each other', async () => {
  await using first = await labServer('prosody')
  await using second = await labServer('prosody')
  const romeo = account('romeo', first.server.endpoints.domain)
  await first.server.addAccounts([romeo])
  assert.notEqual(first.server.endpoints.host, second.server.endpoints.host)
  assert.equal(await logsIn(first.server.endpoints, romeo), true)
  assert.equal(await logsIn(second.server.endpoints, romeo), false)
})

for (const id of ['prosody', 'ejabberd']) {
  dockerTest(
    `${id}: a name or a password that means something to a shell, to Lua or to JSON stays what it is`,
    async () => {
      await using lab = await labServer(id)
      const odd = account('o$(id)`x`.%_-', lab.server.endpoints.domain, `'"\\";$(id)\`id\` %s\\n}{\u00e9`)
      await lab.server.addAccounts([odd])
      assert.equal(await logsIn(lab.server.endpoints, odd), true)
    },
  )
}

async function kill(runId: string): Promise<void> {
  const filters = { label: [`dev.assay.run=${runId}`, 'dev.assay.part=iut'] }
  const [iut] = await docker().listContainers({ filters })
  await docker()
    .getContainer(iut?.Id ?? '')
    .kill()
}
