import type { Cell } from '../plan/plan.ts'
import type { JobEvent } from '../run/job.ts'
import type { Progress } from '../run/run-session.ts'
import { note } from './output.ts'
import { RunTally } from './run-tally.ts'

/** Failures that are told one by one; more are in the report. */
const toldFailures = 20

/** Between two lines that only say how far it is, milliseconds. */
const interval = 10_000

/** Progress for CI: a line when a cell begins and ends, one a failure up to a bound, one every ten seconds. */
export class PlainProgress implements Progress {
  readonly #tally = new RunTally()
  readonly #title: string
  #told = 0
  #timer: NodeJS.Timeout | undefined

  constructor(title: string) {
    this.#title = title
  }

  begin(left: Map<string, number>): void {
    this.#tally.begin(left)
    note(this.#title)
    this.#timer = setInterval(() => note(this.#tally.line()), interval).unref()
    if (left.size === 0) this.#stop()
  }

  cellStarted(cell: Cell): void {
    note(`${cell.id}: begins`)
  }

  event(cell: Cell, event: JobEvent): void {
    this.#tally.event(cell.id, event)
    if (event.type === 'cell-error') note(`${cell.id}: error: ${firstLine(event.message)}`)
    if (event.type !== 'case-finished') return
    const { verdict, message } = event.outcome
    if (verdict !== 'fail' && verdict !== 'error') return
    if (this.#told++ < toldFailures)
      note(`${cell.id}: ${verdict} ${event.id}${message ? `: ${firstLine(message)}` : ''}`)
    else if (this.#told === toldFailures + 1) note('more failures are in the report')
  }

  cellEnded(cell: Cell): void {
    note(`${cell.id}: ${this.#tally.cellLine(cell.id)}`)
    if (this.#tally.over()) this.#stop()
  }

  stopping(): void {
    note('stopping; a second signal stops at once')
  }

  end(): void {
    this.#stop()
  }

  #stop() {
    clearInterval(this.#timer)
  }
}

const firstLine = (text: string) => (text.split('\n')[0] ?? '').slice(0, 200)
