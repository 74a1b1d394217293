/** What was asked cannot be done as asked: a wrong option, an unknown id, a bad baseline. Exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}
