import { statfs } from 'node:fs/promises'
import { profiles, variantsOf } from '../plan/profiles.ts'
import { listVariants, type RegisteredVariant, readManifests, variantId } from '../plan/registry.ts'
import { exitCodes } from '../record/exit-code.ts'
import { findLeftovers } from '../run/leftovers.ts'
import { findProgram } from './find-program.ts'
import { folders } from './folders.ts'
import { print, printJson } from './output.ts'
import { probeRuntime } from './probe-runtime.ts'
import { table } from './table.ts'

/** One thing that was looked at. */
export interface Finding {
  what: string
  ok: boolean
  /** What is there. */
  found: string
  /** What it is for, and how to get it, where it is missing. */
  advice?: string
}

/** Room that a run with captures of all servers takes, with some to spare, bytes. */
const enoughRoom = 1024 ** 3

/** Looks at the machine, prints, and gives the exit code. */
export async function checkCommand(options: { json?: boolean }): Promise<number> {
  const variants = await listVariants(await readManifests(folders.drivers), probeRuntime)
  const docker = await probeRuntime('docker')
  const findings: Finding[] = [
    await checkNode(),
    {
      what: 'docker',
      ok: docker === undefined,
      found: docker ?? 'an engine answers',
      ...(docker === undefined
        ? {}
        : { advice: 'for servers in containers: containers/engine.sh as root on Debian or Ubuntu, or install Docker' }),
    },
    ...(docker === undefined ? [await checkImages(variants)] : []),
    await checkProgram('tshark', ['tshark'], 'for the tests that compare captures with it: apt-get install tshark'),
    await checkProgram(
      'chromium',
      ['chromium', 'chromium-browser', 'google-chrome'],
      'for the tests of the report, and for clients in a browser: apt-get install chromium',
    ),
    await checkRoom(),
    await checkLeftovers(),
  ]
  const runnable = profiles.map((profile) => {
    const own = variantsOf(profile, variants)
    const missing = own.find(({ available }) => !available)
    return {
      id: profile.id,
      implementations: own.length,
      available: own.length > 0 && !missing,
      ...(missing ? { reason: missing.reason } : {}),
    }
  })
  if (options.json) await printJson({ ok: runnable.some(({ available }) => available), findings, profiles: runnable })
  else await print(describe(findings, runnable))
  return runnable.some(({ available }) => available) ? exitCodes.asExpected : exitCodes.harnessError
}

function describe(
  findings: Finding[],
  runnable: { id: string; implementations: number; available: boolean; reason?: string }[],
): string {
  const first = findings.map((one) => [
    one.ok ? 'ok' : 'missing',
    one.what,
    one.ok ? one.found : `${one.found}; ${one.advice ?? ''}`,
  ])
  const second = runnable.map((one) => [
    one.available ? 'ok' : 'no',
    one.id,
    one.available ? `assay run --profile ${one.id}` : (one.reason ?? 'it has no implementation'),
  ])
  return `${table(['', 'WHAT', 'FOUND'], first)}\n\n${table(['', 'PROFILE', 'RUN'], second)}`
}

async function checkNode(): Promise<Finding> {
  const ok = Number(process.versions.node.split('.')[0]) >= 24
  return {
    what: 'node',
    ok,
    found: process.version,
    ...(ok ? {} : { advice: 'Assay needs Node 24: npm ci brings it' }),
  }
}

async function checkProgram(what: string, names: string[], advice: string): Promise<Finding> {
  const found = await findProgram(names)
  return found ? { what, ok: true, found } : { what, ok: false, found: 'not there', advice }
}

async function checkImages(variants: RegisteredVariant[]): Promise<Finding> {
  const { listImages } = await import('../lab/docker/images.ts')
  const contexts = new Set((await listImages()).map(({ context }) => context))
  const wanted = variants.filter(({ variant }) => variant.source.kind === 'image')
  const missing = wanted.filter(
    ({ variant }) => variant.source.kind === 'image' && !contexts.has(variant.source.context),
  )
  if (missing.length === 0) return { what: 'images', ok: true, found: `of ${wanted.length} variants` }
  const advice = 'they are built when they are first needed, or now: assay images build'
  return { what: 'images', ok: false, found: `none yet of ${missing.map(variantId).join(', ')}`, advice }
}

async function checkRoom(): Promise<Finding> {
  const { bavail, bsize } = await statfs('.')
  const free = bavail * bsize
  const found = `${(free / 1024 ** 3).toFixed(1)} GB free in this folder`
  return free >= enoughRoom
    ? { what: 'disk', ok: true, found }
    : { what: 'disk', ok: false, found, advice: 'runs are written to runs/ here' }
}

async function checkLeftovers(): Promise<Finding> {
  const found = await findLeftovers()
  if (found.length === 0) return { what: 'leftovers', ok: true, found: 'none of dead runs' }
  return { what: 'leftovers', ok: false, found: `${found.length} processes of dead runs`, advice: 'assay clean' }
}
