import { LabError } from '../lab/lab.ts'
import type { World } from './world.ts'

/** What the IUT's going down means for one case: it alone can be to blame, or it ran beside others. */
export type Down = { how: 'dies' | 'hangs'; message: string } | 'suspect' | undefined

/** How often an IUT is brought back before its cell is given up. */
const mostRestarts = 25
/** How long after a lost answer a death may still be announced, milliseconds. */
const deathNoticeMs = 1_000

/** Watches over an IUT that several cases share: notices that it went down, whose doing it was, and brings it back. */
export class Health {
  readonly #world: World
  readonly #tell: (text: string) => void
  readonly #running = new Set<{ down: Down }>()
  #recovery: Promise<void> | undefined
  #restarts = 0
  /** Why it could not be brought back. */
  #lost: { error: unknown } | undefined
  #deathHeard: (() => void) | undefined

  constructor(world: World, tell: (text: string) => void) {
    this.#world = world
    this.#tell = tell
    world.onDeath?.((death) => this.#wentDown('dies', `the implementation died while this case ran: ${death.reason}`))
  }

  /** Resolves when the IUT can be worked. Throws LabError when it cannot be brought back. */
  async ready(): Promise<void> {
    while (this.#recovery) await this.#recovery
    if (this.#lost) throw this.#lost.error
  }

  /** Begins to watch for one case; `end` tells what happened to the IUT meanwhile. */
  watch(): { end: () => Down } {
    const entry: { down: Down } = { down: undefined }
    this.#running.add(entry)
    return {
      end: () => {
        this.#running.delete(entry)
        return entry.down
      },
    }
  }

  /** Asked when a case got no answer: an IUT that does not answer anybody hangs, or is about to be found dead. */
  async check(): Promise<void> {
    if (!this.#world.responds || this.#recovery || (await this.#world.responds())) return
    if (this.#recovery) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#deathHeard = resolve
    const timer = setTimeout(resolve, deathNoticeMs)
    await promise
    clearTimeout(timer)
    if (!this.#recovery) this.#wentDown('hangs', 'the implementation stopped answering anybody while this case ran')
  }

  #wentDown(how: 'dies' | 'hangs', message: string) {
    this.#deathHeard?.()
    if (this.#recovery) return
    const alone = this.#running.size === 1
    for (const entry of this.#running) entry.down = alone ? { how, message } : 'suspect'
    this.#tell(`${how === 'dies' ? 'it died' : 'it hangs'}; starting it again`)
    this.#recovery = this.#recover().finally(() => {
      this.#recovery = undefined
    })
    this.#recovery.catch((error: unknown) => {
      this.#lost = { error }
    })
  }

  async #recover() {
    if (!this.#world.restart) throw new LabError('the implementation went down and is not ours to start again')
    if (++this.#restarts > mostRestarts)
      throw new LabError(`the implementation went down more than ${mostRestarts} times`)
    await this.#world.restart()
    this.#tell('ready again')
  }
}
