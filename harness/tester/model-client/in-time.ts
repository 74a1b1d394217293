/**
 * An answer, or an error when there is none in time: what is asked of a driver does not hang for ever.
 *
 * @param timeoutMs milliseconds
 * @throws Error when it does not come in time.
 */
export async function inTime(answer: Promise<unknown>, verb: string, timeoutMs: number): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`the driver did not answer "${verb}"`)), timeoutMs)
  return Promise.race([answer, promise]).finally(() => clearTimeout(timer))
}
