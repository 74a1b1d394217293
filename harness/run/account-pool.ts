import { randomBytes } from 'node:crypto'
import type { Account, RunningServer } from '../lab/lab.ts'
import { Inconclusive } from '../suite/verdict-errors.ts'

/** How many accounts are made in one go: making one costs about as much as making many. */
const batch = { accounts: 200, nodeOwners: 40 }
/** How few may be left before more are made in the background. */
const low = 30

/** Fresh accounts of a server under test, made in batches ahead of need. */
export class AccountPool {
  readonly #accounts: Stock
  readonly #nodeOwners: Stock | undefined

  constructor(server: RunningServer) {
    const { domain, nodeOwners } = server.endpoints
    const account = (local: string): Account => {
      return { local, domain, jid: `${local}@${domain}`, password: randomBytes(9).toString('base64url') }
    }
    const fresh = () => Array.from({ length: batch.accounts }, () => account(`u${randomBytes(5).toString('hex')}`))
    this.#accounts = new Stock(server, fresh, server.pool)
    const owners = [...(nodeOwners ?? [])]
    const nextOwners = () => owners.splice(0, batch.nodeOwners).map(account)
    this.#nodeOwners = nodeOwners && new Stock(server, nextOwners)
  }

  /** An account that nobody has used. Throws LabError when none can be made. */
  take(): Promise<Account> {
    return this.#accounts.take()
  }

  /**
   * An account that may make nodes on the pubsub service. Throws LabError when it cannot be made, Inconclusive where
   * there are no more.
   */
  takeNodeOwner(): Promise<Account> {
    return (this.#nodeOwners ?? this.#accounts).take()
  }
}

/** Accounts of one kind. */
class Stock {
  readonly #server: RunningServer
  readonly #next: () => Account[]
  readonly #ready: Account[]
  #making: Promise<void> | undefined

  constructor(server: RunningServer, next: () => Account[], ready: readonly Account[] = []) {
    this.#server = server
    this.#next = next
    this.#ready = [...ready]
  }

  async take(): Promise<Account> {
    while (this.#ready.length === 0) await this.#make()
    const account = this.#ready.pop() as Account
    // Whoever needs one next learns of a failure; this one has what it needs.
    if (this.#ready.length < low) this.#make().catch(() => {})
    return account
  }

  #make(): Promise<void> {
    this.#making ??= this.#add().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async #add() {
    const accounts = this.#next()
    if (accounts.length === 0) throw new Inconclusive('no account is left that may make pubsub nodes')
    await this.#server.addAccounts(accounts)
    this.#ready.push(...accounts)
  }
}
