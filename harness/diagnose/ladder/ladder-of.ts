import type { Endpoint } from '../../wire/ip/address.ts'
import type { DtlsRecord } from '../../wire/trace/trace.ts'
import type { Examination } from '../examine.ts'
import { endpointText } from '../model/endpoints.ts'
import type { IceSession, StunSighting } from '../model/ice-session.ts'
import { endOf, peerOf } from '../model/ice-session.ts'
import { stunDetail, stunLabel } from './describe-stun.ts'
import type { Ladder, LadderRow } from './ladder.ts'

/** Rows that a page holds without becoming slow. */
const mostRows = 400

/** The ladder diagram of one session: every check and answer, DTLS, and data in runs; findings at their packets. */
export function ladderOf({ trace, sessions, findings }: Examination, index: number): Ladder {
  const session = sessions[index] as IceSession
  const begin = trace.captures[session.capture]?.firstAt ?? session.startedAt
  const columns = columnsOf(session)
  const marks = new Map<number, number[]>()
  for (const [number, finding] of findings.entries()) {
    if (finding.capture !== session.capture || (finding.session ?? index) !== index) continue
    for (const packet of finding.packets) marks.set(packet, [...(marks.get(packet) ?? []), number + 1])
  }
  const columnOf = (endpoint: Endpoint) => columns.findIndex(({ address }) => address === endpointText(endpoint))
  const rows: LadderRow[] = []
  const add = (
    { source, destination, at, packet }: { source: Endpoint; destination: Endpoint; at: number; packet: number },
    row: Pick<LadderRow, 'kind' | 'label' | 'detail'> & { nominates?: boolean; packets?: number[] },
  ) => {
    const [from, to] = [columnOf(source), columnOf(destination)]
    if (from < 0 || to < 0) return
    const { packets = [packet], nominates = false, ...rest } = row
    const own = [...new Set(packets.flatMap((one) => marks.get(one) ?? []))]
    rows.push({ ...rest, nominates, from, to, at: (at - begin) / 1000, packet, findings: own })
  }
  const addStun = (sighting: StunSighting, nominates: boolean, label = stunLabel(sighting.body)) =>
    add(sighting, { kind: sighting.body.class, label, detail: stunDetail(sighting.body), nominates })
  for (const check of session.checks) {
    const nominates = check.useCandidate || check.nomination !== undefined
    for (const [again, request] of check.requests.entries()) {
      addStun(request, nominates, again > 0 ? `${stunLabel(request.body)} (again)` : undefined)
    }
    for (const answer of check.answers) addStun(answer, nominates && answer.body.class === 'success')
  }
  for (const { message } of session.indications) addStun(message, false)
  for (const { message } of session.dtls) add(message, { kind: 'dtls', ...dtlsText(message.body) })
  for (const { message } of session.malformed) {
    add(message, { kind: 'malformed', label: `malformed ${message.body.as}`, detail: [message.body.reason] })
  }
  for (const pair of session.pairs) {
    for (const { from, kind, bursts } of pair.data) {
      const [source, destination] = [endOf(session, pair, from), endOf(session, pair, peerOf(session, from))]
      for (const burst of bursts) {
        const label = `${burst.packets} × ${kind} in ${((burst.to - burst.from) / 1e6).toFixed(1)} s`
        const detail = [`packets ${burst.firstPacket} to ${burst.lastPacket}`]
        const packets = [burst.firstPacket, burst.lastPacket]
        add(
          { source, destination, at: burst.from, packet: burst.firstPacket },
          { kind: 'data', label, detail, packets },
        )
      }
    }
  }
  rows.sort((one, other) => one.at - other.at || one.packet - other.packet)
  const kept = keepTelling(rows)
  return { columns, rows: kept, left: rows.length - kept.length }
}

/** Of too many rows those with findings and nominations stay, and of the others the first. */
function keepTelling(rows: LadderRow[]): LadderRow[] {
  if (rows.length <= mostRows) return rows
  const telling = rows
    .filter((row) => row.findings.length > 0 || row.nominates || row.kind === 'data')
    .slice(0, mostRows)
  const chosen = new Set(telling)
  for (const row of rows) {
    if (chosen.size >= mostRows) break
    chosen.add(row)
  }
  return rows.filter((row) => chosen.has(row))
}

function columnsOf(session: IceSession): Ladder['columns'] {
  return [session.a, session.b].flatMap(({ name, role, endpoints }) =>
    [...endpoints.keys()].map((address) => ({ agent: name, address, role: role ?? '' })),
  )
}

const handshakes: Record<number, string> = {
  1: 'ClientHello',
  2: 'ServerHello',
  3: 'HelloVerifyRequest',
  11: 'Certificate',
  12: 'ServerKeyExchange',
  14: 'ServerHelloDone',
  16: 'ClientKeyExchange',
}
const contents: Record<string, string> = { 20: 'ChangeCipherSpec', 21: 'Alert', 22: 'Handshake', 23: 'data', 26: 'ACK' }

function dtlsText({ handshake, contentType, epoch, sequence, length, alert }: DtlsRecord) {
  const names = handshake?.map(({ type }) => handshakes[type] ?? `handshake ${type}`)
  const label = `DTLS ${names?.join(', ') ?? contents[contentType] ?? contentType}`
  const detail = [`epoch ${epoch}, record ${sequence}, ${length} bytes`]
  if (alert) detail.push(`alert ${alert.level}/${alert.description}`)
  return { label, detail }
}
