// What lies beside a verdict proves it: transcript, capture, keys and log of a case tell the same story.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { type Results, resultsSchema } from '../../harness/record/results-schema.ts'
import { type TranscriptEntry, transcriptEntry } from '../../harness/record/transcript.ts'
import { noTshark, tshark, tsharkFields } from '../../harness/wire/testing/tshark.ts'
import { dockerTest } from '../support/docker-test.ts'

const root = path.join(import.meta.dirname, '../..')
const scratch = mkdtempSync(path.join(tmpdir(), 'assay-evidence-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

/** One case each over STARTTLS, on a raw stream, over direct TLS and over WebSocket. */
const cases = {
  session: 'xep-0199/4.4/between-clients',
  raw: 'rfc6120/6.5.10/wrong-password',
  plain: 'rfc6120/5.3.1/mandatory-tls-comes-alone',
  direct: 'xep-0368/3/session',
  websocket: 'rfc7395/3.4/features-follow',
}

function run(args: string[], directory: string): Results {
  const options = { cwd: root, encoding: 'utf8', env: { ...process.env, CI: '1' } } as const
  const { status, stderr } = spawnSync(
    process.execPath,
    [...args, '--show', '--no-report', '--out', directory],
    options,
  )
  assert.equal(status, 0, stderr)
  return resultsSchema.parse(JSON.parse(readFileSync(path.join(directory, 'results.json'), 'utf8')))
}

/** The evidence of one case, read. */
function evidence(directory: string, one: Results['cells'][number]['cases'][number]) {
  const file = (name: string) => readFileSync(path.join(directory, one.evidence ?? '', name))
  const transcript = file('transcript.ndjson')
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => transcriptEntry.parse(JSON.parse(line)))
  return { file, transcript, log: file('iut.log').toString() }
}

const bytesOf = ({ text, base64 }: TranscriptEntry) =>
  Buffer.from(text ?? base64 ?? '', text === undefined ? 'base64' : 'utf8')

/** Bytes of a transcript's connection, each direction put together. */
function said(transcript: TranscriptEntry[], connection: string, direction: 'sent' | 'received'): Buffer {
  return Buffer.concat(
    transcript.filter((entry) => entry.connection === connection && entry.direction === direction).map(bytesOf),
  )
}

interface Conversation {
  /** `address:port` of the server, as the transcript has it. */
  server: string
  sent: Buffer
  received: Buffer
}

/** What tshark reads on a TCP connection of a capture, by `tcp` or, with the secrets in the file, by `tls`. */
function followed(file: string, protocol: 'tcp' | 'tls', stream: number, server: string): Conversation {
  const args = ['-r', file, '-q', '-z', `follow,${protocol},raw,${stream}`]
  const output = execFileSync('tshark', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  })
  const nodeOfServer = new RegExp(`^Node (\\d): ${server.replaceAll('.', '\\.')}$`, 'm').exec(output)?.[1]
  // Lines of the second node are indented.
  const fromServer = (line: string) => line.startsWith('\t') === (nodeOfServer === '1')
  const lines = output.split('\n').filter((line) => /^\t?[0-9a-f]+$/.test(line))
  const bytes = (kept: string[]) => Buffer.from(kept.map((line) => line.trim()).join(''), 'hex')
  return { server, sent: bytes(lines.filter((line) => !fromServer(line))), received: bytes(lines.filter(fromServer)) }
}

/** Payloads of a WebSocket's text messages by direction; tshark has unmasked them. */
function messages(file: string, serverPort: string): { sent: Buffer; received: Buffer } {
  const fields = ['tcp.srcport', 'websocket.payload.text']
  const args = [
    '-r',
    file,
    '-Y',
    'websocket.payload.text',
    '-T',
    'fields',
    '-E',
    'aggregator=\u0001',
    ...fields.flatMap((f) => ['-e', f]),
  ]
  const output = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const rows = output
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'))
  const of = (fromServer: boolean) =>
    Buffer.from(
      rows
        .filter(([port]) => (port === serverPort) === fromServer)
        .map(([, ...text]) => text.join('\t').replaceAll('\u0001', ''))
        .join(''),
    )
  return { sent: of(false), received: of(true) }
}

dockerTest(
  'transcript, capture, keys and log of a case tell the same story, and its command runs it again',
  async (context) => {
    const directory = path.join(scratch, 'run')
    const bin = path.join(root, 'bin/assay.js')
    const results = run(
      [bin, 'run', '--implementation', 'prosody@13.0.7', '--case', ...Object.values(cases), '--jobs', '4'],
      directory,
    )
    const [cell] = results.cells
    assert.ok(cell)
    const ids = cell.cases.map(({ id }) => id)
    for (const id of Object.values(cases)) assert.ok(ids.includes(id), id)

    for (const one of cell.cases) {
      await context.test(one.id, { skip: noTshark }, () => {
        assert.ok(['pass', 'warn'].includes(one.verdict), `${one.verdict}: ${one.message}`)
        assert.deepEqual(
          one.files,
          ['capture.pcap', 'capture.pcapng', 'iut.log', 'keys.log', 'transcript.ndjson'].filter(
            (name) => name !== 'keys.log' || one.files?.includes(name),
          ),
        )
        const { file, transcript, log } = evidence(directory, one)
        const [attempt] = one.attempts
        assert.ok(attempt)

        // Times: microseconds, in order, within the case.
        const times = transcript.map(({ at }) => at)
        assert.deepEqual(
          times,
          [...times].sort((a, b) => a - b),
        )
        assert.ok((times[0] ?? 0) >= (attempt.startedAt - 2) * 1000, 'nothing before the case began')
        assert.ok(times.some((at) => at % 1000 !== 0))

        // The capture: sound, and of this case's connections only.
        const pcap = file('capture.pcap')
        const pcapng = path.join(directory, one.evidence ?? '', 'capture.pcapng')
        // Checksums are left to the card, which a bridge has not got.
        // To tshark a closing stream tag in a packet of its own is no XML.
        assert.equal(tshark(pcap, ['-Y', '_ws.malformed && !xmpp']), '')
        const opened = transcript.filter(({ event }) => event === 'connected')
        const syns = tsharkFields(
          pcap,
          ['tcp.stream', 'frame.time_epoch'],
          ['-Y', 'tcp.flags.syn == 1 && tcp.flags.ack == 0'],
        )
        assert.equal(new Set(tsharkFields(pcap, ['tcp.stream']).map(String)).size, opened.length)
        assert.equal(syns.length, opened.length)

        const encrypted = transcript.some(({ event, detail }) => event === 'encrypted' || detail?.startsWith('wss:'))
        if (encrypted) assert.match(file('keys.log').toString(), /^(CLIENT_RANDOM|CLIENT_TRAFFIC_SECRET_0) /m)
        else assert.ok(!one.files?.includes('keys.log'))

        for (const [stream, { connection, detail = '', at }] of opened.entries()) {
          // A WebSocket is connected when it has been upgraded, after TLS.
          const tolerance = /^wss?:/.test(detail) ? 2_000_000 : 50_000
          const apart = at - Number(syns[stream]?.[1]) * 1e6
          assert.ok(Math.abs(apart) < tolerance, `${connection} began ${apart} µs after what the capture says`)
          const told = {
            sent: said(transcript, connection, 'sent'),
            received: said(transcript, connection, 'received'),
          }
          if (/^wss?:/.test(detail)) {
            assert.deepEqual(messages(pcapng, new URL(detail.replace(/,.*/, '')).port), told)
            continue
          }
          const own = transcript.filter((entry) => entry.connection === connection)
          const turn = own.findIndex(({ event }) => event === 'encrypted')
          const before = turn < 0 ? own : own.slice(0, turn)
          const tcp = followed(pcapng, 'tcp', stream, detail)
          const tls =
            turn < 0 ? { sent: Buffer.alloc(0), received: Buffer.alloc(0) } : followed(pcapng, 'tls', stream, detail)
          for (const direction of ['sent', 'received'] as const) {
            const plain = said(before, connection, direction)
            assert.equal(
              tcp[direction].subarray(0, plain.length).toString(),
              plain.toString(),
              `${connection}: ${direction} in plain text`,
            )
            const whole = Buffer.concat([plain, tls[direction]])
            assert.equal(whole.toString(), told[direction].toString(), `${connection}: ${direction}`)
          }
        }

        // The IUT's log: lines of this time.
        const lines = log.trimEnd().split('\n')
        assert.ok(lines.length > 0 && log !== '')
        for (const line of lines) {
          const logged = Date.parse(line.slice(0, line.indexOf(' ')))
          assert.ok(logged >= attempt.startedAt - 100 && logged <= attempt.startedAt + attempt.durationMs + 1_000, line)
        }
      })
    }

    await context.test('the command of a case runs that case, and its control', () => {
      const one = cell.cases.find(({ id }) => id === cases.raw)
      const words = one?.replay?.split(' ') ?? []
      assert.deepEqual(words.slice(0, 2), ['npx', 'assay'])
      const again = run([bin, ...words.slice(2)], path.join(scratch, 'again'))
      const control = again.catalogue.find(({ id }) => id === cases.raw)?.control
      assert.deepEqual(
        again.cells.map(({ id, cases: run }) => [id, run.map(({ id }) => id).sort()]),
        [[cell.id, [cases.raw, ...(control ? [control] : [])].sort()]],
      )
    })
  },
)
