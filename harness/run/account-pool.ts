import { randomBytes } from 'node:crypto'
import type { Account, RunningServer } from '../lab/lab.ts'
import { Inconclusive } from '../suite/verdict-errors.ts'

/** How many accounts are made in one go: making one costs about as much as making many. */
const batch = 100

/** Fresh accounts of a server under test, made in batches ahead of need. */
export class AccountPool {
  readonly #server: RunningServer
  readonly #ready: Account[] = []
  readonly #nodeOwners: string[] | undefined
  #making: Promise<void> | undefined

  constructor(server: RunningServer) {
    this.#server = server
    this.#nodeOwners = server.endpoints.nodeOwners && [...server.endpoints.nodeOwners]
  }

  /** An account that nobody has used. Throws LabError when none can be made. */
  async take(): Promise<Account> {
    while (this.#ready.length === 0) {
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined
      })
      await this.#making
    }
    return this.#ready.pop() as Account
  }

  /**
   * An account that may make nodes on the pubsub service. Throws LabError when it cannot be made, Inconclusive where
   * there are no more.
   */
  async takeNodeOwner(): Promise<Account> {
    if (!this.#nodeOwners) return this.take()
    const local = this.#nodeOwners.shift()
    if (!local) throw new Inconclusive('no account is left that may make pubsub nodes')
    const { domain } = this.#server.endpoints
    const account = { local, domain, jid: `${local}@${domain}`, password: randomBytes(9).toString('base64url') }
    await this.#server.addAccounts([account])
    return account
  }

  async #make() {
    const { domain } = this.#server.endpoints
    const accounts = Array.from({ length: batch }, () => {
      const local = `u${randomBytes(5).toString('hex')}`
      return { local, domain, jid: `${local}@${domain}`, password: randomBytes(9).toString('base64url') }
    })
    await this.#server.addAccounts(accounts)
    this.#ready.push(...accounts)
  }
}
