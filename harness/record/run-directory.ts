import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UsageError } from '../plan/usage-error.ts'
import { type Provenance, provenance, type Results, resultsSchema } from './results-schema.ts'

/** The folder of a run, and its name. */
export interface RunDirectory {
  /** `2026-08-01T10-15-30-1f9a3c`. */
  id: string
  /** Absolute. */
  path: string
}

/**
 * Makes `runs/<time>-<id>/` and points `runs/latest` to it. Two runs that begin in the same instant get two folders.
 *
 * @param out the run directory itself, where the user named one; it must be new or empty, and `latest` stays as it is
 * @throws UsageError when `out` holds something already
 */
export async function createRunDirectory(out?: string, root = 'runs', now = new Date()): Promise<RunDirectory> {
  if (out !== undefined) return createNamed(out, now)
  await mkdir(root, { recursive: true })
  for (;;) {
    const id = newId(now)
    const path = resolve(root, id)
    try {
      await mkdir(path)
    } catch (error) {
      if (isCode(error, 'EEXIST')) continue
      throw error
    }
    await mkdir(join(path, 'evidence'))
    await pointLatest(root, id)
    return { id, path }
  }
}

async function createNamed(out: string, now: Date): Promise<RunDirectory> {
  const path = resolve(out)
  await mkdir(path, { recursive: true })
  if ((await readdir(path)).length > 0) {
    throw new UsageError(`--out ${out}: holds something already; name a new folder, or go on with --resume ${out}`)
  }
  await mkdir(join(path, 'evidence'))
  return { id: newId(now), path }
}

const newId = (now: Date) => `${now.toISOString().slice(0, 19).replace(/:/g, '-')}-${randomBytes(3).toString('hex')}`

/** A symbolic link cannot be overwritten, but renamed over: nobody ever sees `latest` missing. */
async function pointLatest(root: string, id: string) {
  const temporary = join(root, `.latest-${id}`)
  await symlink(id, temporary)
  await rename(temporary, join(root, 'latest')).catch(async (error: unknown) => {
    await rm(temporary, { force: true })
    if (!isCode(error, 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'EPERM')) throw error
  })
}

/** Writes a file as JSON in one step: readers see the old one or the new one, whole. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`)
  try {
    await writeFile(temporary, `${JSON.stringify(value, null, 1)}\n`)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
}

/** @throws UsageError when the directory has no run.json. */
export async function readProvenance(directory: string): Promise<Provenance> {
  return provenance.parse(await readJson(join(directory, 'run.json'), directory))
}

/**
 * Reads results from a run directory or from a results.json.
 *
 * @throws UsageError when there is none, or it is not what this Assay reads
 */
export async function readResults(path: string): Promise<Results> {
  const file = path.endsWith('.json') ? path : join(path, 'results.json')
  const parsed = resultsSchema.safeParse(await readJson(file, path))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new UsageError(`${file} is not what this Assay reads: ${issue?.path.join('.')}: ${issue?.message}`)
}

async function readJson(file: string, asked: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (!isCode(error, 'ENOENT', 'ENOTDIR')) throw error
    throw new UsageError(`${asked} is not a run directory: it has no ${basename(file)}`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${file} is not JSON`)
  }
}

/** Whether an error of the operating system has one of the codes. */
export const isCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))
