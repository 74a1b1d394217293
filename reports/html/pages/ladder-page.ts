import { join } from 'node:path'
import type { Diagnosis } from '../../../harness/diagnose/diagnosis.ts'
import type { Ladder } from '../../../harness/diagnose/ladder/ladder.ts'
import type { CellResult } from '../../../harness/record/results-schema.ts'
import { diagnosisPage } from '../../diagnosis/diagnosis-page.ts'
import { hrefOf, insideRun, pages } from '../links.ts'
import { readPart } from '../read-evidence.ts'
import type { Site } from '../site.ts'

/** Bytes of a diagnosis that are read at most. */
const longest = 16_000_000

interface StoredDiagnosis {
  diagnosis: Diagnosis
  ladders: Ladder[]
}

/** What the rules said of each case of a cell, as its page links it. */
export function laddersOf({ runDirectory, indexed }: Site, cell: CellResult) {
  return diagnosed(runDirectory, cell).map(({ id, stored }) => ({
    href: `../${hrefOf(pages.ladder(cell.id, id))}`,
    statement: indexed.cases.find((entry) => entry.id === id)?.statement ?? id,
    count: stored.diagnosis.findings.length,
    musts: stored.diagnosis.findings.filter(({ level }) => level === 'MUST').length,
  }))
}

/** A page for each case that has a diagnosis in its evidence: findings, the story, and the ladder of its capture. */
export function* ladderPages({ runDirectory, indexed }: Site): Generator<{ path: string; html: string }> {
  for (const cell of indexed.results.cells) {
    const name = cell.implementations.map((one) => one.name).join(' → ')
    for (const { id, stored } of diagnosed(runDirectory, cell)) {
      yield { path: pages.ladder(cell.id, id), html: diagnosisPage(`${name}, ${id}`, stored.diagnosis, stored.ladders) }
    }
  }
}

function diagnosed(runDirectory: string, cell: CellResult): { id: string; stored: StoredDiagnosis }[] {
  return cell.cases.flatMap(({ id, evidence, files = [] }) => {
    const folder =
      evidence !== undefined && files.includes('diagnosis.json') ? insideRun(runDirectory, evidence) : undefined
    const bytes = folder && readPart(join(folder, 'diagnosis.json'), longest)
    const stored = bytes && parse(bytes.toString('utf8'))
    return stored ? [{ id, stored }] : []
  })
}

/** Another version's, or a torn one, is as good as none. */
function parse(text: string): StoredDiagnosis | undefined {
  try {
    const value = JSON.parse(text) as Partial<StoredDiagnosis>
    return value.diagnosis && Array.isArray(value.diagnosis.findings) && Array.isArray(value.ladders)
      ? (value as StoredDiagnosis)
      : undefined
  } catch {
    return undefined
  }
}
