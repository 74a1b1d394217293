import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Why tests that need tshark are skipped, for node:test's `skip`; with ASSAY_REQUIRE_TSHARK=1 they run and fail. */
export const noTshark: string | false =
  process.env.ASSAY_REQUIRE_TSHARK === '1' || isInstalled() ? false : 'tshark is not installed'

function isInstalled(): boolean {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** What tshark prints about a capture file, with checksums verified. Throws where it exits non-zero. */
export function tshark(capture: Uint8Array, args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'assay-tshark-'))
  try {
    const file = join(folder, 'capture')
    writeFileSync(file, capture)
    const checks = ['-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE']
    return execFileSync('tshark', ['-n', '-r', file, ...checks, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 28,
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The fields of each packet, one row a packet; a field that is absent is an empty text. */
export function tsharkFields(capture: Uint8Array, fields: string[], args: string[] = []): string[][] {
  const output = tshark(capture, ['-T', 'fields', '-E', 'occurrence=f', ...fields.flatMap((f) => ['-e', f]), ...args])
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t'))
}

/** What tshark finds wrong with a capture: malformed packets, checksums, and what TCP analysis flags. */
export function tsharkComplaints(capture: Uint8Array): string[] {
  const wrong = [
    '_ws.malformed',
    'tcp.analysis.flags',
    'ip.checksum.status == "Bad"',
    'tcp.checksum.status != "Good"',
    '_ws.expert.severity >= 0x600000', // warnings and errors
  ]
  const lines = tshark(capture, ['-Y', wrong.join(' || '), '-o', 'tcp.analyze_sequence_numbers:TRUE']).split('\n')
  // A connection that is reset is a warning of tshark's, and no fault of the capture.
  return lines.filter((line) => line !== '' && !line.includes('[RST'))
}
