/**
 * Lays rows out in columns; numbers go to the right.
 *
 * @param width characters of a line; the last column is cut to fit, where it is text
 */
export function table(head: string[], rows: (string | number)[][], width = Number.POSITIVE_INFINITY): string {
  const lines = [head, ...rows.map((row) => row.map(String))]
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'))
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  return lines
    .map((line) => {
      const cells = line.map((text, column) => {
        const size = widths[column] ?? 0
        return right[column] ? text.padStart(size) : column === line.length - 1 ? text : text.padEnd(size)
      })
      const whole = cells.join('  ').trimEnd()
      return whole.length > width ? `${whole.slice(0, width - 1)}…` : whole
    })
    .join('\n')
}

/** Columns of the terminal, or no bound where the output goes elsewhere. */
export const terminalWidth = (): number =>
  process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY
