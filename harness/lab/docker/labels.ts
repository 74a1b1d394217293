import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** The labels that every container and network of a lab carries: whose it is, and which process looks after it. */
export const label = {
  run: 'dev.assay.run',
  cell: 'dev.assay.cell',
  part: 'dev.assay.part',
  host: 'dev.assay.host',
  boot: 'dev.assay.boot',
  pid: 'dev.assay.pid',
  started: 'dev.assay.started',
} as const

/** What a lab's resource belongs to. */
export interface LabOwner {
  runId: string
  cellId: string
}

/** Labels for a resource of this process. `part` says what it is in the lab, for people. */
export function ownLabels({ runId, cellId }: LabOwner, part: string): Record<string, string> {
  return {
    [label.run]: runId,
    [label.cell]: cellId,
    [label.part]: part,
    [label.host]: hostname(),
    [label.boot]: bootId(),
    [label.pid]: String(process.pid),
    [label.started]: startOf(process.pid) ?? '',
  }
}

/** Whether the process that labelled a resource is gone. Of a process on another machine nobody here can tell: false. */
export function ownerIsGone(labels: Record<string, string>): boolean {
  if (labels[label.host] !== hostname()) return false
  if (labels[label.boot] !== bootId()) return true
  const pid = Number(labels[label.pid])
  if (!Number.isInteger(pid) || pid <= 0) return true
  if (!isAlive(pid)) return true
  // Another process may have got its number since.
  const started = startOf(pid)
  return started !== undefined && labels[label.started] !== '' && labels[label.started] !== started
}

/** Changes when the machine starts anew; empty where the system does not tell. */
const bootId = () => read('/proc/sys/kernel/random/boot_id').trim()

/** When a process started, in clock ticks since boot: the 22nd field of its stat line, after a name that may hold anything. */
function startOf(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A zombie has let go of everything and only waits for its parent.
    const stat = read(`/proc/${pid}/stat`)
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
