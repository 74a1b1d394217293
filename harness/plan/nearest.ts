/** How many characters must be added, dropped, changed or swapped with their neighbour to make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1)
      }
      current.push(best)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[b.length] ?? 0
}

/** The known words that somebody who typed `word` may have meant, nearest first, three at most. */
export function nearest(word: string, known: Iterable<string>): string[] {
  const typed = word.toLowerCase()
  const scored = [...new Set(known)].map((candidate) => {
    const other = candidate.toLowerCase()
    const within = typed.length >= 3 && (other.includes(typed) || typed.includes(other))
    const distance = editDistance(typed, other)
    return { candidate, distance: within ? Math.min(distance, 1.5) : distance }
  })
  const bound = Math.max(2, Math.ceil(typed.length * 0.4))
  return scored
    .filter(({ distance }) => distance <= bound)
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** `; did you mean a, b or c?`, or nothing where nothing is near. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const near = nearest(word, known)
  if (near.length === 0) return ''
  const last = near.at(-1)
  return `; did you mean ${near.length === 1 ? last : `${near.slice(0, -1).join(', ')} or ${last}`}?`
}
