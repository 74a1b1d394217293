/** One arrow of a ladder diagram, or a run of data that is drawn as one. */
export interface LadderRow {
  kind: 'request' | 'success' | 'error' | 'indication' | 'dtls' | 'data' | 'malformed'
  /** Index of the column where it begins, and where it goes. */
  from: number
  to: number
  /** Milliseconds from the beginning of the capture. */
  at: number
  /** Short text above the arrow. */
  label: string
  /** Every attribute, a line each: shown on hovering. */
  detail: string[]
  packet: number
  nominates: boolean
  /** Numbers, from 1, of the findings that name this packet. */
  findings: number[]
}

/** A ladder diagram as plain data: what a report draws, on whatever machine. */
export interface Ladder {
  /** From left to right; addresses of one agent stand together. */
  columns: { agent: string; address: string; role: string }[]
  rows: LadderRow[]
  /** Rows that were left out, because no page holds that many. */
  left: number
}
