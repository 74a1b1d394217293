// The figures that the main job is held to: `npm run bench` (images present, nothing else running on the machine).
// `npm run bench -- embedded|server|servers|jobs|wire` measures one part.
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type TimedRun, timedRun } from './timed-run.ts'
import { measureWire } from './wire-job.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { server: { type: 'string', default: 'prosody@13.0.7' }, repeat: { type: 'string', default: '1' } },
})
const wanted = (part: string) => positionals.length === 0 || positionals.includes(part)
const repeat = Number(values.repeat)

interface Row {
  what: string
  figure: string
  bound: string
  kept: boolean
}
const rows: Row[] = []
const row = (what: string, value: number, unit: string, bound: number, most = true) =>
  rows.push({
    what,
    figure: `${value.toFixed(1)} ${unit}`,
    bound: `${most ? '≤' : '≥'} ${bound} ${unit}`,
    kept: most ? value <= bound : value >= bound,
  })

/** The median run by total time. */
async function measure(args: string[]): Promise<TimedRun> {
  const runs: TimedRun[] = []
  for (let turn = 0; turn < repeat; turn++) {
    process.stderr.write(`assay run ${args.join(' ')} … `)
    const run = await timedRun(args)
    process.stderr.write(`${run.total.toFixed(1)} s, ${run.cases} cases, exit ${run.exitCode}\n`)
    await rm(path.dirname(run.runDirectory), { recursive: true, force: true })
    runs.push(run)
  }
  return runs.sort((a, b) => a.total - b.total)[Math.floor(runs.length / 2)] as TimedRun
}

if (wanted('embedded')) {
  const run = await measure(['--show', '--profile', 'embedded'])
  row('npm start', run.total, 's', 30)
  row('npm start: harness memory (PSS)', run.peakPss, 'MiB', 350)
}
if (wanted('server')) {
  const run = await measure(['--implementation', values.server])
  row(`${values.server}: from nothing to the report`, run.total, 's', 15)
  row(`${values.server}: cases while they run`, run.cases / run.casesSeconds, 'cases/s', 12, false)
  row(`${values.server}: to the first verdict`, run.firstVerdict, 's', 5)
  row(`${values.server}: harness memory (PSS)`, run.peakPss, 'MiB', 350)
}
if (wanted('servers')) {
  const run = await measure(['--profile', 'servers'])
  row('all servers', run.total, 's', 75)
  row('all servers: harness memory (PSS)', run.peakPss, 'MiB', 350)
  row('all servers: harness memory (RSS, shared pages counted for each process)', run.peakRss, 'MiB', 350)
}
if (wanted('jobs')) {
  const one = await measure(['--implementation', values.server, '--jobs', '1'])
  const many = await measure(['--implementation', values.server])
  row('default jobs against --jobs 1, one server', one.total / many.total, 'times', 1.7, false)
}
if (wanted('wire')) {
  const { ours, tshark, packets, ...wire } = await measureWire()
  row('wire: packets to a trace', packets / ours / 1000, 'thousand/s', 100, false)
  if (tshark !== undefined) row('wire: ours against tshark -T fields', tshark / ours, 'times', 3, false)
  row('wire: memory for a capture of 1 GB (RSS)', wire.gigabyteMemory, 'MiB', 400)
  row('wire: memory for a million mutated packets (RSS)', wire.mutatedMemory, 'MiB', 400)
}
const width = Math.max(...rows.map(({ what }) => what.length))
for (const { what, figure, bound, kept } of rows) {
  console.log(`${what.padEnd(width)}  ${figure.padStart(14)}  ${bound.padEnd(14)}  ${kept ? 'kept' : 'MISSED'}`)
}
process.exitCode = rows.every(({ kept }) => kept) ? 0 : 1
