import { arrangeNats } from '../model/nat-matrix.ts'
import { arrangePairs, type PairSquare, type PairStage } from '../model/pair-matrix.ts'
import { verdictSigns } from '../model/verdict-signs.ts'
import { hrefOf, pages } from './links.ts'
import type { Site } from './site.ts'

const natTitles: Record<string, string> = { none: 'Pairs of ICE agents' }
const titleOf = (nat: string) => natTitles[nat] ?? `Pairs of ICE agents behind NATs: ${nat.replaceAll('-', ' ')}`

/** What templates draw of pairs: a matrix for each kind of NAT, and what did not pass, in words. */
export const pairMatrices = ({ indexed }: Site) =>
  arrangePairs(indexed.results.cells).map(({ nat, agents, rows, stages }) => ({
    title: titleOf(nat),
    stages,
    agents,
    rows: rows.map((squares, index) => ({ agent: agents[index], squares: squares.map(viewOf) })),
    broken: rows.flat().flatMap((square) => (square ? brokenOf(square) : [])),
  }))

/** What templates draw of pairs behind NATs: by which candidates each talks behind each; undefined where there were none. */
export function natMatrix({ indexed }: Site) {
  const matrix = arrangeNats(indexed.results.cells)
  if (!matrix) return undefined
  return {
    nats: matrix.nats.map((nat) => nat.replaceAll('-', ' ')),
    rows: matrix.rows.map(({ name, squares }) => ({
      name,
      squares: squares.map((square) => {
        if (!square) return undefined
        const { cell, verdict, path } = square
        // A detour is worth a sign of its own, though the two connect.
        const shown = verdict === 'pass' ? (path?.verdict ?? verdict) : verdict
        return {
          href: hrefOf(pages.implementation(cell.id)),
          verdict: shown,
          sign: shown ? verdictSigns[shown] : '·',
          text: path?.reason.replace(/, where.*/, '') ?? verdict ?? 'not run',
        }
      }),
    })),
  }
}

function viewOf(square: PairSquare | undefined) {
  if (!square) return undefined
  const { cell, verdict, stages } = square
  const name = nameOf(square)
  return {
    href: hrefOf(pages.implementation(cell.id)),
    verdict,
    sign: verdict ? verdictSigns[verdict] : '·',
    title: `${name}: ${verdict ?? cell.error?.message ?? 'not run'}`,
    stages: stages.map(stageView),
  }
}

/** A stage, as templates draw it. */
export const stageView = (stage: PairStage) => ({
  ...stage,
  sign: verdictSigns[stage.verdict],
  title: `${stage.name}: ${stage.verdict}${stage.blame ? ` of ${stage.blame.name} (${stage.blame.role})` : ''}${stage.reason ? `, ${stage.reason}` : ''}`,
})

const brokenOf = (square: PairSquare) =>
  square.stages
    .filter(({ verdict }) => verdict === 'fail' || verdict === 'warn')
    .map((stage) => ({ ...stageView(stage), pair: nameOf(square), href: hrefOf(pages.implementation(square.cell.id)) }))

const nameOf = ({ cell }: PairSquare) => cell.implementations.map(({ name }) => name).join(' → ')
