import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { writeCallCapture } from './call-capture.ts'

/** What `npm run bench -- wire` measures. */
export interface WireFigures {
  /** Seconds for one capture: ours to a trace, and tshark with `-T fields`; the best of three, taken in turn. */
  ours: number
  tshark: number | undefined
  packets: number
  megabytes: number
  /** Peak resident memory while a capture of a gigabyte is read, MiB, and the seconds it took. */
  gigabyteMemory: number
  gigabyteSeconds: number
  /** Seconds that a million mutated packets take, and the peak memory, MiB. */
  mutatedSeconds: number
  mutatedMemory: number
}

const worker = path.join(import.meta.dirname, 'wire-worker.ts')

/** The fields that a trace is made of. */
const fields = [
  'frame.number frame.time_epoch ip.src ip.dst ipv6.src ipv6.dst udp.srcport udp.dstport tcp.srcport tcp.dstport',
  'stun.type stun.id stun.att.type stun.att.length stun.att.ipv4 stun.att.ipv6 stun.att.port stun.att.username',
  'stun.att.priority stun.att.error.class stun.att.error stun.att.lifetime stun.att.crc32 stun.channel',
  'dtls.record.content_type dtls.record.version dtls.record.epoch dtls.record.sequence_number dtls.record.length',
  'dtls.handshake.type dtls.handshake.length dtls.handshake.message_seq dtls.handshake.fragment_offset',
  'dtls.handshake.fragment_length dtls.handshake.random dtls.handshake.ciphersuite dtls.handshake.extension.type',
  'rtp.p_type rtp.marker rtp.seq rtp.timestamp rtp.ssrc rtp.padding rtp.ext.profile rtcp.pt rtcp.length rtcp.senderssrc',
].flatMap((line) => line.split(' '))

export async function measureWire(): Promise<WireFigures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'assay-bench-wire-'))
  try {
    const file = path.join(folder, 'calls.pcap')
    const packets = await writeCallCapture(file, 200e6)
    const megabytes = (await stat(file)).size / 1e6
    const ours: number[] = []
    const theirs: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      ours.push(work('trace', file).wall)
      const seconds = tsharkSeconds(file)
      if (seconds !== undefined) theirs.push(seconds)
    }
    await rm(file)
    await writeCallCapture(file, 1e9)
    const gigabyte = work('trace', file)
    const mutated = work('mutate', '1000000')
    return {
      ours: Math.min(...ours),
      tshark: theirs.length > 0 ? Math.min(...theirs) : undefined,
      packets,
      megabytes,
      gigabyteMemory: gigabyte.memory,
      gigabyteSeconds: gigabyte.wall,
      mutatedSeconds: mutated.wall,
      mutatedMemory: mutated.memory,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A process of its own, from its start to its end: as unkind to ours as to tshark. */
function work(job: 'trace' | 'mutate', argument: string): { wall: number; memory: number } {
  const started = performance.now()
  const output = execFileSync(process.execPath, [worker, job, argument], { encoding: 'utf8' })
  const wall = (performance.now() - started) / 1000
  process.stderr.write(`${job}: ${wall.toFixed(2)} s, ${output}`)
  return { wall, memory: (JSON.parse(output) as { memory: number }).memory }
}

function tsharkSeconds(file: string): number | undefined {
  const args = ['-n', '-r', file, '--enable-heuristic', 'rtp_udp', '-T', 'fields', '-E', 'occurrence=a']
  const started = performance.now()
  const { error, status } = spawnSync('tshark', [...args, ...fields.flatMap((field) => ['-e', field])], {
    stdio: 'ignore',
  })
  if (error || status !== 0) return undefined
  const seconds = (performance.now() - started) / 1000
  process.stderr.write(`tshark: ${seconds.toFixed(2)} s\n`)
  return seconds
}
