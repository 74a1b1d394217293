import {
  type DefaultRenderer,
  Listr,
  ListrLogger,
  type ListrTaskWrapper,
  ProcessOutput,
  type SimpleRenderer,
} from 'listr2'
import type { Cell } from '../plan/plan.ts'
import type { JobEvent } from '../run/job.ts'
import type { Progress } from '../run/run-session.ts'
import { harmless } from './output.ts'
import { RunTally } from './run-tally.ts'

/** Between two changes of the display, milliseconds: a run may tell hundreds of things a second. */
const redrawAfter = 100

/** Failures that stay in sight. */
const failuresInSight = 5

const showCursor = '\u001b[?25h'

type Display = ListrTaskWrapper<Record<string, never>, typeof DefaultRenderer, typeof SimpleRenderer>

/** Progress for a person: what runs, how many are left, what failed so far, redrawn in place, on stderr. */
export class TerminalProgress implements Progress {
  readonly #tally = new RunTally()
  readonly #title: string
  readonly #running = new Set<string>()
  readonly #failures: string[] = []
  readonly #over = Promise.withResolvers<void>()
  #failed = 0
  #stopping = false
  #display: Display | undefined
  #finished: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

  constructor(title: string) {
    this.#title = title
  }

  begin(left: Map<string, number>): void {
    this.#tally.begin(left)
    process.on('exit', this.#restore)
    const logger = new ListrLogger({ useIcons: true, toStderr: [], processOutput: new ProcessOutput(process.stderr) })
    const list = new Listr(
      [
        {
          title: this.#title,
          task: (_: unknown, display: Display) => {
            this.#display = display
            return this.#over.promise
          },
          rendererOptions: { outputBar: true },
        },
      ],
      // Signals are the run's own business: it stops its jobs first.
      { registerSignalListeners: false, rendererOptions: { logger, formatOutput: 'truncate' } },
    )
    this.#finished = list.run()
    this.#timer = setInterval(() => this.#redraw(), redrawAfter)
  }

  cellStarted(cell: Cell): void {
    this.#running.add(cell.id)
  }

  event(cell: Cell, event: JobEvent): void {
    this.#tally.event(cell.id, event)
    if (event.type === 'cell-error') this.#failure(`${cell.id}: ${event.message}`)
    if (event.type !== 'case-finished') return
    const { verdict } = event.outcome
    if (verdict === 'fail' || verdict === 'error') this.#failure(`${cell.id}: ${verdict} ${event.id}`)
  }

  cellEnded(cell: Cell): void {
    this.#running.delete(cell.id)
  }

  stopping(): void {
    this.#stopping = true
    this.#redraw()
  }

  async end(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#display) {
      this.#display.title = `${this.#title}: ${this.#tally.line()}`
      this.#display.output = ''
    }
    this.#over.resolve()
    await this.#finished
    process.off('exit', this.#restore)
    this.#restore()
  }

  #failure(text: string) {
    this.#failed++
    this.#failures.push(harmless(text.split('\n')[0] ?? ''))
    if (this.#failures.length > failuresInSight) this.#failures.shift()
  }

  #redraw() {
    if (!this.#display) return
    const width = (process.stderr.columns || 80) - 6
    const lines = [...this.#running].map((id) => {
      const cell = this.#tally.cells.get(id)
      const [first] = cell?.running ?? []
      return [id, `${cell?.left ?? 0} left`, this.#tally.cellLine(id), first ?? cell?.lab].filter(Boolean).join('  ')
    })
    if (this.#failed > this.#failures.length)
      lines.push(`… ${this.#failed - this.#failures.length} failures before these`)
    lines.push(...this.#failures)
    const what = this.#stopping ? 'stopping (Ctrl-C once more stops at once)' : this.#title
    this.#display.title = `${what}: ${this.#tally.line()}`
    this.#display.output = lines.map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line)).join('\n')
  }

  readonly #restore = () => {
    process.stderr.write(showCursor)
  }
}
