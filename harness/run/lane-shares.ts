/** How many cases of one cell should run side by side before a second cell is begun. */
const manyLanes = 8

/**
 * Shares `jobs` lanes out among cells: a cell at once for every eight lanes or whatever is told, each with its even part of
 * what is free. The sum of all shares never exceeds `jobs`.
 */
export class LaneShares {
  readonly cellsAtOnce: number
  #free: number
  #open: number
  #waiting: number

  /** @param jobs lanes over all cells, at least 1 */
  constructor(jobs: number, cells: number, lanesPerCell = manyLanes) {
    this.cellsAtOnce = Math.min(Math.max(Math.ceil(jobs / lanesPerCell), 1), Math.max(cells, 1))
    this.#free = jobs
    this.#open = this.cellsAtOnce
    this.#waiting = cells
  }

  /** Lanes for the next cell. */
  take(): number {
    const lanes = Math.max(1, Math.floor(this.#free / Math.max(1, Math.min(this.#open, this.#waiting))))
    this.#free -= lanes
    this.#open--
    this.#waiting--
    return lanes
  }

  giveBack(lanes: number): void {
    this.#free += lanes
    this.#open++
  }
}
