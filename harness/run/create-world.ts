import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { LabError, type XmppServerDriver } from '../lab/lab.ts'
import { driversFolder, readManifests } from '../plan/registry.ts'
import type { Job } from './job.ts'
import { ServerWorld, scratchFolder } from './server-world.ts'
import type { World } from './world.ts'

type Tell = (text: string) => void

/** Up to so many cases somebody wants to know everything: the IUT logs at `debug`. Of more, the log is kept short. */
const fewCases = 30

/** Starts the world that a job's cell asks for. Heavy parts are loaded by the role that needs them. Throws LabError. */
export async function createWorld(job: Job, tell: Tell): Promise<World> {
  const [iut] = job.cell.implementations
  if (!iut) throw new LabError(`the cell ${job.cell.id} names no implementation`)
  if (job.target) return targetWorld(job)
  if (job.cell.implementations.length === 2 && iut.role === 'ice-agent') return pairWorld(job, tell)
  if (iut.role === 'xmpp-server') return serverWorld(job, tell)
  if (iut.role === 'xmpp-client') return clientWorld(job, tell)
  if (iut.role === 'ice-agent') return iceWorld(job, tell)
  if (iut.role === 'turn-server') return turnWorld(job, tell)
  throw new LabError(`there is no lab for the role ${iut.role} yet`)
}

async function serverWorld(job: Job, tell: Tell): Promise<World> {
  const { startServer } = await import('../lab/docker/server.ts')
  const { manifest, variant } = await describe(job)
  const file = path.join(driversFolder, manifest.id, 'driver.ts')
  const { default: driver } = (await import(pathToFileURL(file).href)) as { default: XmppServerDriver }
  const { runId, cell } = job
  const logLevel = cell.cases.length <= fewCases ? 'debug' : 'info'
  const scratchDir = scratchFolder(job)
  const start = () =>
    startServer({ driver, manifest, variant, runId, cellId: cell.id, scratchDir, logLevel, onProgress: tell })
  return ServerWorld.create(job, start, { manifest, variant })
}

async function clientWorld(job: Job, tell: Tell): Promise<World> {
  if (job.client !== undefined) {
    const { OwnClientWorld } = await import('./own-client-world.ts')
    return OwnClientWorld.create(job, job.client)
  }
  const { ClientWorld } = await import('./client-world.ts')
  return ClientWorld.create(job, await describe(job), tell)
}

async function pairWorld(job: Job, tell: Tell): Promise<World> {
  const [controlling, controlled] = await Promise.all([describe(job, 0), describe(job, 1)])
  if (job.cell.environment.routers === 'docker') {
    const { NatWorld } = await import('./nat-world.ts')
    return NatWorld.create(job, { controlling, controlled }, tell)
  }
  const { PairWorld } = await import('./pair-world.ts')
  return PairWorld.create(job, { controlling, controlled }, tell)
}

async function iceWorld(job: Job, tell: Tell): Promise<World> {
  const { IceWorld } = await import('./ice-world.ts')
  return IceWorld.create(job, await describe(job), tell)
}

async function turnWorld(job: Job, tell: Tell): Promise<World> {
  const { TurnWorld } = await import('./turn-world.ts')
  return TurnWorld.create(job, await describe(job), tell)
}

async function targetWorld(job: Job): Promise<World> {
  const { findTarget } = await import('../lab/target/find-target.ts')
  const { target } = job
  if (!target) throw new LabError('no target was given')
  return ServerWorld.create(job, () => findTarget(target.uri), undefined)
}

async function describe(job: Job, index = 0): Promise<{ manifest: Manifest; variant: Variant }> {
  const iut = job.cell.implementations[index]
  const manifest = (await readManifests()).find(({ id }) => id === iut?.id)
  const variant = manifest?.variants.find(({ version }) => version === iut?.version)
  if (!manifest || !variant) throw new LabError(`drivers/ has no ${iut?.id}@${iut?.version}`)
  return { manifest, variant }
}
