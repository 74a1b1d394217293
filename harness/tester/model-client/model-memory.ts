import { randomUUID } from 'node:crypto'

/** A token of XEP-0484 as the model keeps it. */
export interface KeptToken {
  mechanism: string
  token: string
  /** How often it was tried. */
  count: number
}

/** What a client keeps from one login to the next, on the device that it is installed on. */
export interface ModelMemory {
  /** Names the installation, for good (XEP-0388 §2.3). */
  readonly userAgent: string
  token?: KeptToken
  /** It once had a token: it connects again by itself. */
  hadToken: boolean
  /** The server once had something better than PLAIN (XEP-0474 §7). */
  hadScram: boolean
}

export const newMemory = (): ModelMemory => ({ userAgent: randomUUID(), hadToken: false, hadScram: false })
