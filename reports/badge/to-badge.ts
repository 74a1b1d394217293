import type { CellResult } from '../../harness/record/results-schema.ts'
import { escapeXml } from '../junit/escape-xml.ts'
import { tally } from '../model/tally.ts'

/**
 * A badge of a cell, as SVG: passes of what was exercised, the symbol of the gravest verdict. Cases that did not run do
 * not count as passes, nor against it.
 */
export function toBadge(cell: CellResult, label = 'assay'): string {
  const counted = tally(cell.cases)
  const exercised = counted.of('pass') + counted.of('fail') + counted.of('warn')
  const didRun = !cell.error && exercised > 0
  const text = didRun
    ? `${counted.of('pass')}/${exercised} pass${counted.of('fail') ? `, ${counted.of('fail')} fail` : ''}`
    : 'not run'
  const colour = !didRun ? '#62666c' : counted.of('fail') ? '#b3161d' : counted.of('warn') ? '#7a4700' : '#1c6b3c'
  const [left, right] = [label.length * 7 + 12, text.length * 7 + 12]
  const title = escapeXml(`${label}: ${text}`)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${title}"><title>${title}</title><rect width="${left + right}" height="20" rx="3" fill="#2b2e33"/><path d="M${left} 0h${right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H${left}z" fill="${colour}"/><g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="6" y="14" textLength="${left - 12}">${escapeXml(label)}</text><text x="${left + 6}" y="14" textLength="${right - 12}">${escapeXml(text)}</text></g></svg>\n`
}
