// Two real agents behind real routers: which kind of pair they find, and that nothing stays behind.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { promisify } from 'node:util'
import { docker } from '../../harness/lab/docker/client.ts'
import { label } from '../../harness/lab/docker/labels.ts'
import type { Results } from '../../harness/record/results-schema.ts'
import { dockerTest } from '../support/docker-test.ts'

const run = promisify(execFile)
const bin = path.join(import.meta.dirname, '../../bin/assay.js')
const scratch = mkdtempSync(path.join(tmpdir(), 'assay-nat-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

dockerTest(
  'agents behind NATs find the best pair that there is: direct, or by the relay where nothing else helps',
  async () => {
    const out = path.join(scratch, 'run')
    const pairs = ['full-cone', 'port-restricted', 'symmetric-both', 'udp-blocked'].map(
      (nat) => `aioice~pion-ice+${nat}`,
    )
    const { stdout } = await run(
      process.execPath,
      [
        bin,
        'run',
        '--implementation',
        ...pairs,
        '--case',
        'rfc8445/12.1/*',
        '--no-report',
        '--show',
        '--json',
        '--out',
        out,
      ],
      { env: { ...process.env, CI: '1' }, maxBuffer: 1 << 26 },
    )
    const {
      cells,
      run: { id },
    } = JSON.parse(stdout) as Results
    const seen = cells.map((cell) => [
      String(cell.environment.nat),
      cell.cases.map(({ verdict, message }) => message ?? verdict).join(),
      cell.stages?.path?.reason?.replace(/ after .*/, ''),
    ])
    assert.deepEqual(
      seen.map(([nat, verdict]) => [nat, verdict]).toSorted(),
      ['full-cone', 'port-restricted', 'symmetric-both', 'udp-blocked'].map((nat) => [nat, 'pass']),
    )
    const pathBehind = Object.fromEntries(seen.map(([nat, , found]) => [nat, found]))
    for (const nat of ['symmetric-both', 'udp-blocked']) assert.match(String(pathBehind[nat]), /^through the relay \(/)
    const [cell] = cells
    const capture = readFileSync(path.join(out, String(cell?.cases[0]?.evidence), 'capture.pcap'))
    assert.ok(capture.length > 1_000)
    const filters = { label: [`${label.run}=${id}`] }
    assert.deepEqual(await docker().listContainers({ all: true, filters }), [])
    assert.deepEqual(await docker().listNetworks({ filters }), [])
  },
)
