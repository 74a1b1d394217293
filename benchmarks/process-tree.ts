import { readdirSync, readFileSync } from 'node:fs'

/**
 * Memory of the harness: a process and all its descendants but the clients under test, as PSS (shared pages counted once
 * over all who share them) and RSS, MiB.
 */
export function treeMemory(root: number): { pss: number; rss: number; processes: number } {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const stat = read(`/proc/${name}/stat`)
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    parents.set(Number(name), parent)
  }
  const inTree = (pid: number): boolean => pid === root || (parents.has(pid) && inTree(parents.get(pid) as number))
  const isClient = (pid: number) => read(`/proc/${pid}/cmdline`).includes('/drivers/')
  const pids = [...parents.keys()].filter((pid) => inTree(pid) && !isClient(pid))
  const sum = (field: string) =>
    pids.reduce((total, pid) => {
      const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/smaps_rollup`))
      return total + Number(match?.[1] ?? 0)
    }, 0) / 1024
  return { pss: Math.round(sum('Pss')), rss: Math.round(sum('Rss')), processes: pids.length }
}

/** A process may be gone between listing and reading. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
