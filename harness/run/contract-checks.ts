import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DriverError, driverCodes } from '../lab/embedded/client-driver.ts'
import type { RpcDriver } from '../lab/embedded/rpc-driver.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'
import { type DriverSource, openDriverSource } from './driver-source.ts'

/** Runs one check of a contract, and keeps what came of it. */
export type Check = (name: string, step: () => Promise<void>) => Promise<void>

export interface Described {
  manifest: Manifest
  variant: Variant
}

/** Milliseconds within which a driver is gone after `shutdown`, or after its input ended. */
const leaveMs = 3_000

/** Does something with a driver of its own, which is ended then. */
export type WithDriver = (step: (driver: RpcDriver) => Promise<void>) => Promise<void>

/** Opens the lab of a driver for its contract, and closes it behind `work`; without a lab there is none. */
export async function inContractLab(
  described: Described,
  check: Check,
  tell: (text: string) => void,
  work: (source: DriverSource, withDriver: WithDriver) => Promise<void>,
): Promise<void> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'assay-contract-'))
  const [runId, cellId] = [`contract-${process.pid}`, described.manifest.id]
  let source: DriverSource | undefined
  try {
    await check('its lab starts', async () => {
      source = await openDriverSource({ described, runId, cellId, scratch, processes: 2, tell })
    })
    const opened = source as DriverSource | undefined
    if (!opened) return
    await work(opened, async (step) => {
      const driver = opened.start()
      try {
        await step(driver)
      } finally {
        await driver.end()
      }
    })
  } finally {
    await source?.[Symbol.asyncDispose]()
    await rm(scratch, { recursive: true, force: true })
  }
}

/**
 * What every driver owes, whatever its role, before it is made to do anything.
 *
 * @param verbs what its `initialize` named
 * @param begins the verb that makes it begin: asked for without parameters it could do anything
 */
export async function checkManners(check: Check, withDriver: WithDriver, verbs: () => string[], begins: string) {
  await check('alive is answered', () => withDriver(async (driver) => void (await driver.request('alive', {}, 20_000))))
  await check('a verb that does not exist is answered with method-not-found', () =>
    withDriver((driver) => refuses(driver, 'make-coffee')),
  )
  await check('every verb that initialize names is known', () =>
    withDriver(async (driver) => {
      for (const verb of verbs().filter((name) => name !== begins)) {
        const code = await driver.request(verb, {}, 10_000).then(
          () => 0,
          (error: unknown) => (error instanceof DriverError ? error.code : 0),
        )
        must(code !== driverCodes.methodNotFound, `that ${verb} is known`, 'method-not-found')
      }
    }),
  )
  await check('nonsense on its input is survived', () =>
    withDriver(async (driver) => {
      driver.write('no json at all\n')
      driver.write('[]\n{"jsonrpc":"2.0"}\nnull\n\n')
      await driver.request('alive', {}, 20_000)
    }),
  )
}

/** How every driver ends. */
export async function checkEnds(check: Check, withDriver: WithDriver) {
  await check('shutdown ends the process', () =>
    withDriver(async (driver) => {
      await driver.request('shutdown', {}, 20_000)
      await gone(driver)
    }),
  )
  await check('the end of its input ends the process', () =>
    withDriver(async (driver) => {
      await driver.request('alive', {}, 20_000)
      driver.endInput()
      await gone(driver)
    }),
  )
}

/** Asks for a verb that the driver has not got. */
export async function refuses(driver: RpcDriver, verb: string): Promise<void> {
  try {
    await driver.request(verb, {}, 20_000)
  } catch (error) {
    if (error instanceof DriverError && error.code === driverCodes.methodNotFound) return
    throw error
  }
  throw new Error(
    `expected method-not-found (${driverCodes.methodNotFound}), got a result: a driver that says yes to everything proves nothing`,
  )
}

/** Resolves when the driver's process is gone; it has three seconds. */
async function gone(driver: RpcDriver): Promise<void> {
  const timeout = new Promise<undefined>((resolve) => setTimeout(resolve, leaveMs, undefined).unref())
  must(await Promise.race([driver.exited, timeout]), `that it is gone within ${leaveMs} ms`, 'it is still there')
}

/** @throws Error naming both where the condition does not hold */
export function must(condition: unknown, expected: string, actual: string): asserts condition {
  if (!condition) throw new Error(`expected ${expected}, got ${actual}`)
}
