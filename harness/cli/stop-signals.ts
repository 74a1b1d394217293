import type { EventEmitter } from 'node:events'

/** Terminals, wrappers and process managers may all pass one Ctrl-C on: what comes this soon is the same, milliseconds. */
const sameKeystroke = 500

/** Ctrl-C and its kin while a run goes on: the first stops it gracefully, a second one at once. */
export function stopSignals(
  onStop: () => void,
  source: Pick<EventEmitter, 'on' | 'off'> = process,
): { stop: AbortSignal; kill: AbortSignal; release(): void } {
  const stop = new AbortController()
  const kill = new AbortController()
  let first = 0
  const listener = () => {
    if (!stop.signal.aborted) {
      first = Date.now()
      stop.abort()
      onStop()
    } else if (Date.now() - first > sameKeystroke) {
      kill.abort()
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) source.on(signal, listener)
  return {
    stop: stop.signal,
    kill: kill.signal,
    release: () => {
      for (const signal of signals) source.off(signal, listener)
    },
  }
}
