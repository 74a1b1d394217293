import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Proof } from './prove-cases.ts'

const file = path.join(import.meta.dirname, 'proofs.json')

/** How a case was shown to be able to fail: a mistake that it noticed on a server, or a server that fails it as it is. */
export interface KeptProof {
  server: string
  mistake?: string
}

export type Proofs = Record<string, KeptProof>

export function readProofs(): Proofs {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Proofs
  } catch {
    return {}
  }
}

/** Adds what was noticed, and takes out what no longer is. */
export function writeProofs(kept: Proofs, proofs: Proof[], server: string): void {
  const all = { ...kept }
  for (const { id, verdict, noticed } of proofs) {
    if (noticed) all[id] = { server, mistake: noticed }
    else if (verdict === 'fail') all[id] ??= { server }
    else if (verdict === 'pass' && all[id]?.server === server) delete all[id]
  }
  const sorted = Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify(sorted, null, 1)}\n`)
}
