import type { Ladder, LadderRow } from '../../harness/diagnose/ladder/ladder.ts'
import { escapeXml } from '../junit/escape-xml.ts'
import { visible } from '../model/visible.ts'

/** Pixels: room for times and marks on the left, between columns, for a row, for the heading. */
const size = { left: 112, column: 210, row: 34, head: 64, right: 80 }

/**
 * A ladder diagram as one SVG element: time goes down, each column is an address, each arrow a message. Shapes tell what
 * colours tell: answers are dashed, nominations thick, data a band, broken rules a numbered flag at their packets.
 * Colours come from `ladder.css`, so that it follows light and dark.
 *
 * @param links whether a flag leads to `#finding-N` of the page it stands in
 */
export function ladderSvg({ columns, rows, left }: Ladder, { links = false }: { links?: boolean } = {}): string {
  const width = size.left + Math.max(columns.length - 1, 1) * size.column + size.right
  const bottom = size.head + Math.max(rows.length, 1) * size.row
  const x = (index: number) => size.left + index * size.column
  const heads = columns.map(
    ({ agent, address, role }, index) =>
      `<text class="who" x="${x(index)}" y="20">${text(agent)}${role ? ` · ${text(role)}` : ''}</text>` +
      `<text class="address" x="${x(index)}" y="38">${text(address)}</text>` +
      `<line class="life" x1="${x(index)}" y1="46" x2="${x(index)}" y2="${bottom}"/>`,
  )
  const drawn = rows.map((row, index) => drawRow(row, { y: size.head + index * size.row + 18, x, links }))
  const more = left > 0 ? `<text class="time" x="8" y="${bottom + 16}">${left} more rows are left out</text>` : ''
  return (
    `<svg class="ladder" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Ladder diagram of ${rows.length} messages" ` +
    `width="${width}" height="${bottom + 28}" viewBox="0 0 ${width} ${bottom + 28}">${heads.join('')}${drawn.join('')}${more}</svg>`
  )
}

interface Place {
  y: number
  x: (column: number) => number
  links: boolean
}

function drawRow(row: LadderRow, { y, x, links }: Place): string {
  const { kind, from, to, at, label, detail, packet, nominates, findings } = row
  const [start, end] = [x(from), x(to)]
  const tip = Math.sign(end - start) || 1
  const classes = ['row', kind, nominates ? 'nominates' : '', findings.length > 0 ? 'broken' : ''].filter(Boolean)
  const head = `${end},${y} ${end - 9 * tip},${y - 4.5} ${end - 9 * tip},${y + 4.5}`
  const hover = [`packet ${packet}, ${at.toFixed(1)} ms`, label, ...detail].map(text).join('\n')
  const cross =
    kind === 'error' || kind === 'malformed'
      ? `<path class="cross" d="M${(start + end) / 2 - 5} ${y - 5}l10 10m0 -10l-10 10"/>`
      : ''
  const flag = findings
    .map((number, index) => {
      const mark = `<g class="flag"><circle cx="${16 + index * 20}" cy="${y}" r="8.5"/><text x="${16 + index * 20}" y="${y + 4}">${number}</text></g>`
      return links ? `<a href="#finding-${number}">${mark}</a>` : mark
    })
    .slice(0, 2)
    .join('')
  return (
    `<g class="${classes.join(' ')}"><title>${hover}</title>` +
    `<rect class="hit" x="0" y="${y - 18}" width="${Math.max(start, end) + 20}" height="${size.row}"/>` +
    `<text class="time" x="${size.left - 12}" y="${y + 4}">${clock(at)}</text>` +
    `<text class="label" x="${(start + end) / 2}" y="${y - 5}">${nominates ? '★ ' : ''}${text(label)}</text>` +
    `<line class="arrow" x1="${start}" y1="${y}" x2="${end - 8 * tip}" y2="${y}"/><polygon class="tip" points="${head}"/>` +
    `${cross}${flag}</g>`
  )
}

const clock = (milliseconds: number): string =>
  milliseconds < 10_000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`

const text = (value: string): string => escapeXml(visible(value))
