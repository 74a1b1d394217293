import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  CaseResult,
  CatalogueCase,
  Category,
  CellResult,
  Results,
  Verdict,
} from '../../harness/record/results-schema.ts'
import type { TranscriptEntry } from '../../harness/record/transcript.ts'

/** What a hostile peer may put wherever it can write: none of it may run, reorder or break anything. */
export const hostile = {
  script: '<script>document.documentElement.dataset.owned = "script"</script>',
  image: '"><img src=x onerror="document.documentElement.dataset.owned = 1"><svg onload=alert(1)>',
  close: '</script></pre></details><script>document.documentElement.dataset.owned = "close"</script><!--',
  url: 'javascript:document.documentElement.dataset.owned = "url"',
  bidi: '\u202Egnp.elifa\u202C \u2066isolated\u2069',
  control: 'bell\u0007 escape\u001b[31m null\u0000 end',
  template: '{{constructor}} {{{this}}} {{> layout}}',
}

interface SampleOptions {
  /** Cases a server, about. */
  casesPerSpecification?: number
  /** Whether evidence is written beside results.json. */
  evidence?: boolean
}

const specifications: [id: string, title: string, version: string, category: Category][] = [
  ['RFC 6120', 'XMPP: Core', '', 'Core'],
  ['RFC 7590', 'Use of TLS in XMPP', '', 'Core'],
  ['XEP-0030', 'Service Discovery', '2.5.0', 'Core'],
  ['XEP-0115', 'Entity Capabilities', '1.6.0', 'Core'],
  ['XEP-0163', 'Personal Eventing Protocol', '1.2.2', 'Core'],
  ['XEP-0368', 'SRV records for XMPP over TLS', '1.1.1', 'Core'],
  ['RFC 7395', 'XMPP over WebSocket', '', 'Web'],
  ['RFC 6121', 'XMPP: Instant Messaging and Presence', '', 'IM'],
  ['XEP-0045', 'Multi-User Chat', '1.35.1', 'IM'],
  ['XEP-0054', 'vcard-temp', '1.3.0', 'IM'],
  ['XEP-0060', 'Publish-Subscribe', '1.27.0', 'IM'],
  ['XEP-0191', 'Blocking Command', '1.3', 'IM'],
  ['XEP-0280', 'Message Carbons', '1.0.1', 'IM'],
  ['XEP-0313', 'Message Archive Management', '1.1.3', 'IM'],
  ['XEP-0363', 'HTTP File Upload', '1.1.0', 'IM'],
  ['XEP-0198', 'Stream Management', '1.6.1', 'Mobile'],
  ['XEP-0352', 'Client State Indication', '1.0.0', 'Mobile'],
  ['XEP-0092', 'Software Version', '1.1', 'Other'],
  ['XEP-0199', 'XMPP Ping', '2.0.1', 'Other'],
  ['XEP-0359', 'Unique and Stable Stanza IDs', '0.7.0', 'Other'],
]

const statements = [
  'a copy of a message received by one resource goes to every other resource that asked for copies',
  'a request without a child element is answered with a bad-request error',
  'the id of the answer is the id of the request, byte for byte',
  'a stanza sent before authentication closes the stream with not-authorized',
  'a push from somebody who is neither the account nor its server is ignored',
  'the features after authentication offer resource binding as mandatory to negotiate',
  'a client that asks for a page beyond the last gets an empty result with the count',
  'an error is never answered with another error',
  'a resource that is already bound gets a conflict or another name, never two sessions of one name',
  'the closing tag of the stream is answered before the connection ends',
]

const servers: [id: string, name: string, version: string, family: string][] = [
  ['prosody', 'Prosody', '0.11.9', 'Prosody'],
  ['prosody', 'Prosody', '0.12.3', 'Prosody'],
  ['prosody', 'Prosody', '13.0.1', 'Prosody'],
  ['prosody', 'Prosody', '13.0.7', 'Prosody'],
  ['ejabberd', 'ejabberd', '23.01', 'ejabberd'],
  ['ejabberd', 'ejabberd', '24.12', 'ejabberd'],
  ['ejabberd', 'ejabberd', '26.07', 'ejabberd'],
  ['jackal', 'jackal', '0.64.0', 'jackal'],
]

const clients: [id: string, name: string, version: string][] = [
  ['xmpp-client', '@xmpp/client', '0.14.0'],
  ['strophe', 'strophe.js', '5.0.0'],
  ['stanza', 'stanza', '12.22.1'],
]
const transports = ['starttls', 'direct-tls', 'websocket']

/** Numbers that look random and are the same every time. */
function pseudoRandom(seed: number) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/**
 * Makes a run directory like a real one: eight servers × about 200 cases, nine client cells × 40, with transcripts,
 * false claims, a flaky case, a baseline, a cell that did not run, and hostile text wherever a peer may put it.
 *
 * @returns the path of the run directory, in the system's folder for temporary files
 */
export async function makeSampleRun(options: SampleOptions = {}): Promise<string> {
  const { casesPerSpecification = 10, evidence = true } = options
  const directory = await mkdtemp(join(tmpdir(), 'assay-report-'))
  const results = sampleResults(casesPerSpecification)
  if (evidence) {
    for (const cell of results.cells) {
      const random = pseudoRandom(cell.id.length)
      for (const result of cell.cases) if (result.evidence) await writeEvidence(directory, result, random)
      if (cell.error?.log) {
        await mkdir(join(directory, 'evidence', cell.id), { recursive: true })
        await writeFile(
          join(directory, cell.error.log),
          `STEP 4/7: RUN make\n${hostile.script}\nerror: exit status 2\n`,
        )
      }
    }
  }
  await writeFile(join(directory, 'results.json'), JSON.stringify(results))
  await writeFile(join(directory, 'run.json'), JSON.stringify(results.run))
  await writeFile(join(directory, 'journal.ndjson'), '{"event":"start"}\n')
  return directory
}

/** The results of such a run, without its evidence. */
export function sampleResults(casesPerSpecification = 10): Results {
  const random = pseudoRandom(7)
  const serverCases = specifications.flatMap((one) => catalogueOf(one, 'xmpp-server', casesPerSpecification))
  const clientCases = specifications.slice(0, 8).flatMap((one) => catalogueOf(one, 'xmpp-client', 5))
  const cells = [
    ...servers.map(([id, name, version, family], index): CellResult => {
      const cell = emptyCell(
        `${id}@${version}`,
        { id, name, version, family, role: 'xmpp-server' },
        { runtime: 'docker' },
      )
      if (id === 'ejabberd' && version === '24.12') {
        const log = `evidence/${cell.id}/build.log`
        return { ...cell, cases: [], error: { message: `the image did not build ${hostile.image}`, log } }
      }
      return { ...cell, cases: serverCases.map((entry, at) => resultOf(entry, cell, serverVerdict(at, index, random))) }
    }),
    ...clients.flatMap(([id, name, version], index) =>
      transports.map((transport, leg): CellResult => {
        const environment = { runtime: 'embedded', transport }
        const cell = emptyCell(
          `${id}@${version}+${transport}`,
          { id, name, version, family: name, role: 'xmpp-client' },
          environment,
        )
        return { ...cell, cases: clientCases.map((entry, at) => resultOf(entry, cell, clientVerdict(at, index, leg))) }
      }),
    ),
  ]
  const [hostileCell] = cells
  if (hostileCell) makeHostile(hostileCell)
  const totals: Record<string, number> = {}
  for (const { verdict } of cells.flatMap((cell) => cell.cases)) totals[verdict] = (totals[verdict] ?? 0) + 1
  return {
    schema: 'assay/results/1',
    run: {
      id: '2026-02-03T10-11-12-a1b2c3',
      startedAt: '2026-02-03T10:11:12.000Z',
      finishedAt: '2026-02-03T10:12:20.000Z',
      assay: '0.1.0',
      commandLine: ['assay', 'run', '--profile', 'servers', '--baseline', "it's.json"],
      profile: 'servers',
      seed: '42',
      node: 'v24.0.0',
      kernel: 'Linux 6.12',
      platform: 'linux x64',
      docker: '27.5',
      cores: 2,
      jobs: 4,
      repeat: 3,
      baseline: 'baseline.json',
    },
    specifications: specifications.map(([id, title, version, category]) => ({ id, title, version, category })),
    catalogue: [...serverCases, ...clientCases],
    cells,
    totals,
    durationMs: 68_400,
    complete: true,
  }
}

function catalogueOf([id, , version]: (typeof specifications)[number], role: string, count: number): CatalogueCase[] {
  const slug = id.toLowerCase().replace(/^rfc /, 'rfc')
  const page = id.startsWith('RFC') ? `rfcs/${slug}.html` : `extensions/${slug}.html`
  return Array.from({ length: count }, (_, at): CatalogueCase => {
    const section = `${1 + Math.floor(at / 3)}.${1 + (at % 3)}`
    const name = `${role === 'xmpp-client' ? 'client' : 'server'}-case-${at}`
    const level = (['MUST', 'MUST', 'SHOULD', 'MUST', 'MAY', 'none'] as const)[at % 6] ?? 'MUST'
    return {
      id: `${slug}/${section}/${name}`,
      suite: slug,
      specification: id,
      version,
      section,
      url: `https://xmpp.org/${page}#section-${section}`,
      level,
      statement: statements[(at * 3 + id.length + Number(id.slice(-2))) % statements.length] ?? '',
      role,
      ...(at % 5 === 4 ? { security: true } : {}),
      ...(at % 5 === 4 ? { control: `${slug}/1.1/${name.replace(/\d+$/, '0')}` } : {}),
    }
  })
}

const emptyCell = (
  id: string,
  implementation: CellResult['implementations'][number],
  environment: Record<string, string>,
): CellResult => ({
  id,
  implementations: [{ ...implementation, homepage: 'https://example.org/' }],
  environment,
  claims: [
    'server: urn:xmpp:carbons:2',
    'account: urn:xmpp:mam:2',
    'server: urn:xmpp:ping',
    'server: http://jabber.org/protocol/disco#info',
    'stream: sm urn:xmpp:sm:3',
  ],
  provenance: { image: `sha256:${'0123456789abcdef'.repeat(4)}`, package: id },
  cases: [],
  startedAt: 1_770_113_472_000,
  durationMs: 12_300,
})

/** One version alone, one family, everybody, several: each kind of breakage comes up. */
function serverVerdict(at: number, server: number, random: () => number): Verdict {
  if (at % 41 === 7) return 'fail'
  if (at % 29 === 5 && server < 4) return 'fail'
  if (at % 37 === 11 && server === 0) return 'fail'
  if (at % 53 === 13 && (server === 0 || server === 7)) return 'warn'
  if (server === 7 && at % 10 > 5 && at > 120) return 'unsupported'
  if (random() < 0.01) return 'inconclusive'
  if (random() < 0.02 && server === 7) return 'fail'
  return random() < 0.015 ? 'warn' : 'pass'
}

function clientVerdict(at: number, client: number, transport: number): Verdict {
  if (at % 5 === 4) return client === 1 ? 'fail' : at % 10 === 9 ? 'warn' : 'pass'
  if (client === 2 && at % 13 === 3) return 'fail'
  return transport === 1 && client === 1 ? 'unsupported' : 'pass'
}

function resultOf(entry: CatalogueCase, cell: CellResult, verdict: Verdict): CaseResult {
  const isBroken = verdict === 'fail' || verdict === 'warn'
  const isClient = entry.role === 'xmpp-client'
  const result: CaseResult = {
    id: entry.id,
    verdict,
    expected: !isBroken || entry.id.length % 4 !== 0,
    attempts: [{ verdict, durationMs: 12.25 + entry.id.length, startedAt: 1_770_113_473_000 }],
    replay: `npx assay run --implementation ${cell.id.split('+')[0]} --case ${entry.id}`,
  }
  if (isClient && entry.security)
    result.how = verdict === 'fail' ? 'believed' : verdict === 'warn' ? 'weaker' : 'refused'
  if (verdict === 'unsupported') {
    result.message = 'its server does not announce urn:xmpp:example:1 in disco#info'
    return result
  }
  if (isBroken) {
    result.message = 'no answer carried the condition that the section names'
    result.difference = {
      expected:
        "<iq type='error' id='q1'><error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
      actual: "<iq type='result' id='q1' from='capulet.example'><query xmlns='jabber:iq:roster'/></iq>",
    }
  }
  if (verdict === 'inconclusive') result.message = 'the second resource never became available within 5 s'
  result.evidence = `evidence/${cell.id}/${entry.id}`
  result.files = [
    'transcript.ndjson',
    'capture.pcap',
    'capture.pcapng',
    'keys.log',
    isClient ? 'client.log' : 'iut.log',
  ]
  return result
}

function makeHostile(cell: CellResult) {
  const [first, second, third, fourth] = cell.cases
  if (!first || !second || !third || !fourth) return
  Object.assign(first, {
    verdict: 'fail',
    expected: false,
    message: Object.values(hostile).join(' '),
    difference: { expected: hostile.script, actual: hostile.close },
    replay: `assay run --case '${hostile.script}'`,
    expectation: { verdict: 'fail', reason: hostile.image, link: hostile.url, expires: '2026-12-31', state: 'kept' },
  })
  Object.assign(second, {
    verdict: 'warn',
    flaky: true,
    passed: 2,
    attempts: ['pass', 'fail', 'pass'].map((verdict) => ({ ...second.attempts[0], verdict, message: hostile.bidi })),
  })
  // Paths out of the run directory must lead nowhere.
  Object.assign(third, { evidence: '../../../../../../etc', files: ['passwd', '../shadow'] })
  fourth.expectation = {
    verdict: 'fail',
    reason: 'known since the last release',
    link: 'https://example.org/issues/1',
    expires: '2026-12-31',
    state: 'passes',
  }
  cell.cases.push({ ...first, id: `hostile/1/${hostile.image}`, evidence: undefined, files: undefined })
  cell.provenance = { ...cell.provenance, [hostile.script]: hostile.close }
}

async function writeEvidence(directory: string, result: CaseResult, random: () => number) {
  if (!result.evidence || result.evidence.includes('..')) return
  const folder = join(directory, result.evidence)
  await mkdir(folder, { recursive: true })
  const isHostile = result.difference?.expected === hostile.script
  const entries = isHostile ? [...conversation(random), ...hostileEntries()] : conversation(random)
  const lines = entries.map((entry) => JSON.stringify(entry)).join('\n')
  await writeFile(join(folder, 'transcript.ndjson'), isHostile ? `${lines}\n{"at":17,"connec` : `${lines}\n`)
  if (result.verdict === 'pass') return
  for (const name of ['capture.pcap', 'capture.pcapng', 'keys.log']) await writeFile(join(folder, name), '')
  const log = `2026-02-03 10:11:13 c2s55d0 info Client connected\n2026-02-03 10:11:13 c2s55d0 warn ${hostile.control}\n`
  for (const name of ['iut.log', 'client.log'])
    if (result.files?.includes(name)) await writeFile(join(folder, name), log)
}

function conversation(random: () => number): TranscriptEntry[] {
  let at = 1_770_113_473_000_000
  const entries: TranscriptEntry[] = []
  const add = (entry: Omit<TranscriptEntry, 'at'>) => {
    at += Math.floor(random() * 4000)
    entries.push({ at, ...entry })
  }
  for (const connection of ['romeo/phone', 'juliet/balcony']) {
    const [user] = connection.split('/')
    const sent = (text: string) => add({ connection, direction: 'sent', text })
    const received = (text: string) => add({ connection, direction: 'received', text })
    add({ connection, event: 'connected', detail: '127.0.0.1:5222' })
    sent(
      `<?xml version='1.0'?><stream:stream to='capulet.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    )
    received(
      `<?xml version='1.0'?><stream:stream id='c${at}' from='capulet.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`,
    )
    sent(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    received(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
    add({ connection, event: 'encrypted', detail: 'TLSv1.3 TLS_AES_256_GCM_SHA384' })
    received(
      `<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>SCRAM-SHA-256</mechanism><mechanism>PLAIN</mechanism></mechanisms></stream:features>`,
    )
    add({
      connection,
      direction: 'sent',
      text: `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>…</auth>`,
      redacted: true,
    })
    received(
      `<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==</challenge>`,
    )
    received(`<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9</success>`)
    sent(
      `<iq type='set' id='bind-1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${connection.split('/')[1]}</resource></bind></iq>`,
    )
    received(
      `<iq type='result' id='bind-1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${user}@capulet.example/${connection.split('/')[1]}</jid></bind></iq>`,
    )
    sent('<presence/>')
    received(
      `<presence from='${user}@capulet.example/phone' to='${user}@capulet.example/phone'><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>`,
    )
  }
  add({
    connection: 'romeo/phone',
    direction: 'sent',
    text: `<message to='juliet@capulet.example' type='chat' id='m1'><body>Art thou not Romeo, and a Montague?</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>`,
  })
  at += 620_000
  add({
    connection: 'juliet/balcony',
    direction: 'received',
    text: `<message from='romeo@capulet.example/phone' to='juliet@capulet.example/balcony' type='chat' id='m1'><body>Art thou not Romeo, and a Montague?</body></message>`,
  })
  add({ connection: 'juliet/balcony', direction: 'received', text: ' ' })
  return entries
}

function hostileEntries(): TranscriptEntry[] {
  const at = 1_770_113_475_000_000
  const connection = `stream ${hostile.image}`
  return [
    ...Object.values(hostile).map((text): TranscriptEntry => ({ at, connection, direction: 'received', text })),
    {
      at: at + 10,
      connection,
      direction: 'received',
      text: `<message><body>${'A'.repeat(1_000_000)}</body></message>`,
    },
    {
      at: at + 20,
      connection,
      direction: 'received',
      base64: Buffer.from([0xff, 0xfe, 0x3c, 0x61, 0x80, 0xc0]).toString('base64'),
    },
    { at: at + 30, connection, direction: 'received', base64: '!!! not base64 <script>' },
    { at: at + 40, connection, event: hostile.script, detail: hostile.close },
  ]
}
