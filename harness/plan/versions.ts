/** Orders versions as people read them: 0.11.9 before 0.12.3 before 13.0.1, `24.12` before `26.07`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.\-+~_]/)) as [string[], string[]]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [x, y] = [left[index] ?? '', right[index] ?? '']
    const bothNumbers = /^\d+$/.test(x) && /^\d+$/.test(y)
    const order = bothNumbers ? Number(x) - Number(y) : x.localeCompare(y)
    if (order !== 0) return order
  }
  return 0
}
