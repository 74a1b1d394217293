import type { CellResult } from '../../harness/record/results-schema.ts'

/** One column of a matrix: a cell, and how it is named beside its neighbours. */
export interface Column {
  cell: CellResult
  /** `Prosody 13.0.7`, `strophe.js 5.0.0 websocket`, `werift 0.22 × libnice 0.1.22`. */
  name: string
  /** What tells it from the other columns of its group: `13.0.7`, `websocket`. */
  label: string
  /** `prosody@13.0.7`; of pairs, both. */
  implementation: string
  family: string
  role: string
}

/** Neighbouring columns under one heading. */
export interface ColumnGroup {
  title: string
  /** The version where all columns share it. */
  version?: string
  columns: Column[]
}

/** The columns of one role: servers in one matrix, clients in another. */
export interface Panel {
  role: string
  title: string
  groups: ColumnGroup[]
  columns: Column[]
}

const titles: Record<string, string> = {
  'xmpp-server': 'Servers',
  'xmpp-client': 'Clients',
  'ice-agent': 'ICE agents',
  'ice-pair': 'Pairs of ICE agents',
  'jingle-endpoint': 'Jingle endpoints',
  'sip-ua': 'SIP user agents',
  'sip-server': 'SIP servers',
  'turn-server': 'TURN servers',
  gateway: 'Gateways',
}

/** Cells of two implementations are a panel of their own. */
export const pairRole = 'ice-pair'

const order = Object.keys(titles)
const natural = new Intl.Collator('en', { numeric: true }).compare
const first = (cell: CellResult) => {
  const [implementation] = cell.implementations
  if (!implementation) throw new Error(`cell ${cell.id} names no implementation`)
  return implementation
}

/** Arranges cells as columns: by role, then family, implementation, version and environment. */
export function arrangeColumns(cells: CellResult[]): Panel[] {
  const roles = Map.groupBy(cells, (cell) => (cell.implementations.length > 1 ? pairRole : first(cell).role))
  return [...roles]
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b) || natural(a, b))
    .map(([role, members]) => {
      const groups = [...Map.groupBy(members, groupTitle)]
        .map(([title, group]) => arrangeGroup(title, group))
        .sort((a, b) => natural(a.columns[0]?.family ?? '', b.columns[0]?.family ?? '') || natural(a.title, b.title))
      return { role, title: titles[role] ?? role, groups, columns: groups.flatMap((group) => group.columns) }
    })
}

const groupTitle = (cell: CellResult): string =>
  cell.implementations.length > 1 ? `${first(cell).name} ${first(cell).version} ×` : first(cell).name

function arrangeGroup(title: string, cells: CellResult[]): ColumnGroup {
  const isPair = cells.some((cell) => cell.implementations.length > 1)
  const versions = new Set(cells.map((cell) => first(cell).version))
  const keys = [...new Set(cells.flatMap((cell) => Object.keys(cell.environment)))]
  const varying = keys.filter((key) => new Set(cells.map((cell) => cell.environment[key])).size > 1)
  // Transports are what tells clients apart, also where only one is there.
  if (varying.length === 0 && cells[0]?.environment.transport) varying.push('transport')
  const showVersion = !isPair && (versions.size > 1 || varying.length === 0)
  const columns = cells
    .map((cell): Column => {
      const others = cell.implementations.slice(1).map((other) => `${other.name} ${other.version}`)
      const where = varying.map((key) => cell.environment[key]).filter((value) => value !== undefined)
      const label = [...(showVersion ? [first(cell).version] : []), ...others, ...where].join(' ')
      const all = cell.implementations.map((one) => `${one.name} ${one.version}`).join(' × ')
      return {
        cell,
        name: [all, ...where].join(' '),
        label: label || first(cell).version,
        implementation: cell.implementations.map((one) => `${one.id}@${one.version}`).join(' × '),
        family: first(cell).family,
        role: first(cell).role,
      }
    })
    .sort((a, b) => natural(a.label, b.label) || natural(a.cell.id, b.cell.id))
  const shared = !showVersion && !isPair && versions.size === 1 ? [...versions][0] : undefined
  return { title, columns, ...(shared ? { version: shared } : {}) }
}
