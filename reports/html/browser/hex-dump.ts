/**
 * Bytes sixteen a line: offset, hexadecimal, ASCII. Self-contained: its source also goes into the report's script.
 *
 * @param bytes one character a byte, as `atob` gives
 */
export function hexDump(bytes: string): string {
  const lines: string[] = []
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = bytes.slice(offset, offset + 16)
    const hex = [...row].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'))
    const ascii = row.replace(/[^\x20-\x7e]/g, '.')
    lines.push(`${offset.toString(16).padStart(4, '0')}  ${hex.join(' ').padEnd(47)}  ${ascii}`)
  }
  return lines.join('\n')
}
