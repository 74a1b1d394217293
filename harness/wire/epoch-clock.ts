/**
 * The time now in epoch microseconds, an integer that never runs backwards within a process: what captures and
 * transcripts are stamped with, so that they share one axis.
 */
export function epochMicroseconds(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}
