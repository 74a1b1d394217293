import type { ChildProcess } from 'node:child_process'

/** Sends a signal to a process that leads a group of its own, and to everything that it started there. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid, signal)
  } catch {
    // The whole group is gone.
  }
}
