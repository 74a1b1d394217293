import { DriverError, driverCodes } from '../lab/embedded/client-driver.ts'
import type { RpcDriver } from '../lab/embedded/rpc-driver.ts'
import type { Manifest, Variant } from '../lab/implementation.ts'

/** Runs one check of a contract, and keeps what came of it. */
export type Check = (name: string, step: () => Promise<void>) => Promise<void>

export interface Described {
  manifest: Manifest
  variant: Variant
}

/** Milliseconds within which a driver is gone after `shutdown`, or after its input ended. */
const leaveMs = 3_000

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
export async function gone(driver: RpcDriver): Promise<void> {
  const timeout = new Promise<undefined>((resolve) => setTimeout(resolve, leaveMs, undefined).unref())
  must(await Promise.race([driver.exited, timeout]), `that it is gone within ${leaveMs} ms`, 'it is still there')
}

/** @throws Error naming both where the condition does not hold */
export function must(condition: unknown, expected: string, actual: string): asserts condition {
  if (!condition) throw new Error(`expected ${expected}, got ${actual}`)
}
