// A server that runs elsewhere: found by SRV, tested with two accounts of its users, and no secret reaches the disk.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { DnsServer } from '../../harness/lab/dns/dns-server.ts'
import { docker } from '../../harness/lab/docker/client.ts'
import type { Account } from '../../harness/lab/lab.ts'
import { type Results, resultsSchema } from '../../harness/record/results-schema.ts'
import { CaseRecorder } from '../../harness/tester/recorder.ts'
import { Session } from '../../harness/tester/xmpp-client/session.ts'
import { dockerTest } from '../support/docker-test.ts'
import { account, type LabServer, labServer } from '../support/lab-server.ts'

const bin = path.join(import.meta.dirname, '../../bin/assay.js')
const scratch = mkdtempSync(path.join(tmpdir(), 'assay-target-'))
const labs = new Map<string, Promise<LabServer>>()
after(async () => {
  for (const lab of labs.values()) await lab.then((started) => started[Symbol.asyncDispose]()).catch(() => {})
  rmSync(scratch, { recursive: true, force: true })
})

/** A server that the tests of this file share. */
function shared(id: string, version: string): Promise<LabServer> {
  const lab = labs.get(id) ?? labServer(id, version)
  labs.set(id, lab)
  return lab
}

let made = 0
/** Fresh accounts whose passwords look different in every encoding. */
async function accounts(lab: LabServer, count = 2): Promise<Account[]> {
  const fresh = Array.from({ length: count }, () => {
    const n = ++made
    return account(`user${n}`, lab.server.endpoints.domain, `Zürich <${n}> & 'fünf' "Köche"? 100%/+=`)
  })
  await lab.server.addAccounts(fresh)
  return fresh
}

interface Run {
  code: number | null
  stderr: string
  directory: string
  results: Results
  verdicts: Record<string, string>
}

/** `assay run --target`, as somebody runs it who has nothing but accounts. */
async function runTarget(
  lab: LabServer,
  users: Account[],
  cases: string[],
  options: { trusted?: boolean; afterFirstCase?: () => Promise<void> } = {},
): Promise<Run> {
  const { domain, host, starttls = 0, directTls = 0, ca = '' } = lab.server.endpoints
  const srv = (service: string, target: string, port: number, priority: number) => ({
    name: `_${service}._tcp.${domain}`,
    type: 'SRV' as const,
    data: { target, port, priority },
  })
  await using dns = await DnsServer.start([
    srv('xmpp-client', 'gone.invalid', starttls, 1),
    srv('xmpps-client', `direct.${domain}`, directTls, 5),
    srv('xmpp-client', `xmpp.${domain}`, starttls, 10),
    { name: `xmpp.${domain}`, type: 'A', data: host },
    { name: `direct.${domain}`, type: 'A', data: host },
  ])
  const directory = path.join(scratch, `run-${++made}`)
  const authority = path.join(scratch, `${domain}.pem`)
  writeFileSync(authority, ca)
  const child = spawn(
    process.execPath,
    [
      ...[bin, 'run', '--target', `xmpp://${domain}`],
      ...['--account', ...users.map(({ jid, password }) => `${jid}:${password}`)],
      ...['--case', ...cases, '--no-report', '--out', directory],
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        CI: '1',
        ASSAY_DNS: dns.address,
        ...(options.trusted === false ? {} : { NODE_EXTRA_CA_CERTS: authority }),
      },
    },
  )
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const closed = once(child, 'close')
  if (options.afterFirstCase) {
    const journal = path.join(directory, 'journal.ndjson')
    const begun = () => existsSync(journal) && readFileSync(journal, 'utf8').includes('"case-finished"')
    while (!begun() && child.exitCode === null) await setTimeout(20)
    await options.afterFirstCase()
  }
  const [code] = (await closed) as [number | null]
  const results = resultsSchema.parse(JSON.parse(readFileSync(path.join(directory, 'results.json'), 'utf8')))
  const verdicts = Object.fromEntries(results.cells[0]?.cases.map(({ id, verdict }) => [id, verdict]) ?? [])
  return { code, stderr, directory, results, verdicts }
}

/** Every file of a run directory, as bytes that can be searched. */
function filesOf(directory: string): { name: string; text: string }[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((name) => ({ name: path.relative(directory, name), text: readFileSync(name, 'latin1') }))
}

const latin1 = (text: string) => Buffer.from(text).toString('latin1')
const base64 = (text: string) => Buffer.from(text).toString('base64')

/** The ways in which a password could stand in a file. */
function disguises({ local, password }: Account): string[] {
  const xml = password.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const quoted = xml.replaceAll("'", '&apos;').replaceAll('"', '&quot;')
  return [
    latin1(password),
    latin1(xml),
    latin1(quoted),
    latin1(JSON.stringify(password).slice(1, -1)),
    latin1(JSON.stringify(xml).slice(1, -1)),
    encodeURIComponent(password),
    Buffer.from(password).toString('hex'),
    ...['', `\0${local}\0`, `x\0${local}\0`].map((before) => base64(before + password).slice(0, -4)),
  ]
}

function assertNoSecrets(directory: string, users: Account[]) {
  const files = filesOf(directory)
  for (const { name, text } of files) {
    for (const user of users) {
      for (const form of disguises(user)) assert.ok(!text.includes(form), `${name} holds the password as ${form}`)
    }
    for (const [word] of text.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)) {
      const message = Buffer.from(word, 'base64').toString('latin1')
      assert.doesNotMatch(message, /^c=[\w+/=]+,r=.*,p=/, `${name} holds a proof of SCRAM: ${word}`)
      assert.doesNotMatch(message, /^r=.*,s=.*,i=\d+|^n,,n=/, `${name} holds a message of SCRAM: ${word}`)
    }
    assert.doesNotMatch(text, /CLIENT_TRAFFIC_SECRET|CLIENT_RANDOM/, `${name} holds keys of TLS`)
    assert.doesNotMatch(name, /keys\.log|\.pcap/)
  }
  // PLAIN and SCRAM were really used, step by step on raw streams and by sessions.
  for (const trace of [
    /PLAIN.*<response[^>]*>\[redacted\]/s,
    /SCRAM-SHA-1.*\[redacted\]/s,
    /bytes of authentication/,
  ]) {
    assert.ok(
      files.some(({ name, text }) => name.endsWith('transcript.ndjson') && trace.test(text)),
      `${trace}`,
    )
  }
}

const all = [
  'xep-0199/*',
  'xep-0191/3.2*',
  'rfc6121/2.1.2*',
  'rfc6120/6.5*',
  'rfc6120/6.4*',
  'rfc5802/5*',
  'rfc6121/3.1.2/*',
]

for (const [id, version] of [
  ['prosody', '13.0.7'],
  ['ejabberd', '26.07'],
] as const) {
  dockerTest(`${id} is tested as a target with two accounts, one case at a time, and no secret is kept`, async () => {
    const lab = await shared(id, version)
    const users = await accounts(lab)
    const run = await runTarget(lab, users, all)
    const cases = run.results.cells[0]?.cases ?? []
    assert.match(
      run.results.cells[0]?.provenance?.records ?? '',
      /gone.invalid:\d+ does not accept.*xmpps-client direct\..* accepts.*xmpp-client xmpp\..* accepts/,
    )
    assert.equal(run.results.cells[0]?.error, undefined)
    const passed = cases.filter(({ verdict }) => verdict === 'pass')
    assert.ok(passed.length > 20, `${passed.length} of ${cases.length} pass`)
    for (const one of cases) {
      assert.notEqual(one.verdict, 'error', `${one.id}: ${one.message}`)
      if (one.verdict !== 'inconclusive') continue
      assert.match(`${one.message}`, /only 2 of the target were given|only used inside TLS|its control/, one.id)
    }
    const times = cases.flatMap(({ attempts }) => attempts).sort((x, y) => x.startedAt - y.startedAt)
    for (const [n, attempt] of times.entries()) {
      const before = times[n - 1]
      assert.ok(!before || before.startedAt + before.durationMs <= attempt.startedAt + 1, 'one case at a time')
    }
    assertNoSecrets(run.directory, users)

    for (const user of users) {
      const session = await Session.login(lab.server.endpoints, user, new CaseRecorder().connection('after'))
      const roster = await session.iq(`<iq type='get'><query xmlns='jabber:iq:roster'/></iq>`)
      assert.equal(roster.getChild('query')?.getChildren('item').length, 0, `the roster is as before: ${roster}`)
      const blocked = await session.iq(`<iq type='get'><blocklist xmlns='urn:xmpp:blocking'/></iq>`)
      assert.equal(blocked.getChild('blocklist')?.getChildren('item').length, 0, `nobody is blocked: ${blocked}`)
      await session.close()
    }
  })
}

dockerTest('what the owner of an account has there is still there afterwards', async () => {
  const lab = await shared('prosody', '13.0.7')
  const users = await accounts(lab)
  const [owner] = users as [Account]
  const login = () => Session.login(lab.server.endpoints, owner, new CaseRecorder().connection('owner'))
  const set = async (session: Session, content: string) =>
    assert.equal((await session.iq(`<iq type='set'>${content}</iq>`)).attrs.type, 'result')
  const vcard = `<vCard xmlns='vcard-temp'><FN>Rosalinde</FN></vCard>`
  const before = await login()
  await set(before, `<query xmlns='jabber:iq:roster'><item jid='nurse@elsewhere.test' name='Nurse'/></query>`)
  await set(before, `<block xmlns='urn:xmpp:blocking'><item jid='tybalt@elsewhere.test'/></block>`)
  await set(before, vcard)
  await before.close()
  const run = await runTarget(lab, users, ['xep-0191/3.3*', 'xep-0054/3.*', 'rfc6121/2.3*'])
  assert.ok(Object.values(run.verdicts).filter((verdict) => verdict === 'pass').length > 3)
  const after = await login()
  const tell = async (content: string) => (await after.iq(`<iq type='get'>${content}</iq>`)).toString()
  assert.match(
    await tell(`<query xmlns='jabber:iq:roster'/>`),
    /<query[^>]*><item[^>]*nurse@elsewhere.test[^>]*><\/query>/,
  )
  assert.match(
    await tell(`<blocklist xmlns='urn:xmpp:blocking'/>`),
    /<blocklist[^>]*><item jid="tybalt@[^>]*><\/blocklist>/,
  )
  assert.match(await tell(`<vCard xmlns='vcard-temp'/>`), /<FN>Rosalinde<\/FN>/)
  await after.close()
})

dockerTest('a case that needs more accounts than were given is inconclusive and says so', async () => {
  const lab = await shared('prosody', '13.0.7')
  const run = await runTarget(lab, await accounts(lab, 1), ['xep-0199/4.4/between-clients', 'xep-0199/4.2/*'])
  const [short] = run.results.cells[0]?.cases.filter(({ verdict }) => verdict === 'inconclusive') ?? []
  assert.equal(short?.id, 'xep-0199/4.4/between-clients')
  assert.match(short?.message ?? '', /needs an account for "\w+", and only 1 of the target were given by --account/)
  assert.equal(run.verdicts['xep-0199/4.2/ping-of-the-server'], 'pass')
})

dockerTest('a wrong password is an error of ours to tell, not a failure of the server', async () => {
  const lab = await shared('prosody', '13.0.7')
  const users = (await accounts(lab, 1)).map((user) => ({ ...user, password: 'nobody-knows-this-one' }))
  const { code, results, directory, verdicts } = await runTarget(lab, users, ['xep-0199/4.2/*'])
  assert.equal(code, 3)
  assert.match(
    results.cells[0]?.error?.message ?? '',
    /as user\d+@prosody.test: the probe could not log in:.*not-authorized/,
  )
  assert.deepEqual([...new Set(Object.values(verdicts))], ['error'])
  for (const { text, name } of filesOf(directory)) assert.ok(!text.includes('nobody-knows'), name)
})

dockerTest('a certificate that nobody vouches for ends it before any password is sent', async () => {
  const lab = await shared('prosody', '13.0.7')
  const users = await accounts(lab, 1)
  const since = Date.now()
  const { code, results } = await runTarget(lab, users, ['xep-0199/4.2/*'], { trusted: false })
  assert.equal(code, 3)
  assert.match(results.cells[0]?.error?.message ?? '', /certificate/)
  const log = await lab.server.log(since, Date.now())
  assert.match(log, /TLS|SSL/i)
  assert.doesNotMatch(log, /<auth|PLAIN|SCRAM/)
})

dockerTest('a password never goes over a stream that TLS does not protect', async () => {
  const lab = await shared('prosody', '13.0.7')
  const run = await runTarget(lab, await accounts(lab, 1), ['rfc6120/6.5.4/plain-does-not-work-without-tls'])
  const [one] = run.results.cells[0]?.cases ?? []
  assert.equal(one?.verdict, 'inconclusive')
  assert.match(one?.message ?? '', /only used inside TLS with a trusted certificate/)
})

dockerTest('a target that goes away in the middle costs the case that ran; the rest says why it did not', async () => {
  await using lab = await labServer('prosody', '13.0.7')
  const users = await accounts(lab)
  const { code, results } = await runTarget(lab, users, ['rfc6121/2.1*', 'xep-0199/*'], {
    afterFirstCase: () => kill(lab.runId),
  })
  // 1 where the case that ran had to fail for it, 3 where it fell between two cases.
  assert.ok(code === 1 || code === 3, `${code}`)
  const [cell] = results.cells
  assert.match(cell?.error?.message ?? '', /the target stopped answering/)
  const rest = cell?.cases.filter(({ verdict }) => verdict === 'error') ?? []
  assert.ok(rest.length > 5)
})

/** Ends a lab's server from outside. */
async function kill(runId: string) {
  const label = [`dev.assay.run=${runId}`, 'dev.assay.part=iut']
  const [found] = await docker().listContainers({ filters: { label } })
  assert.ok(found)
  await docker().getContainer(found.Id).kill()
}
