import { natMatrix, pairMatrices } from '../pair-view.ts'
import { render } from '../render.ts'
import { frameOf, type Site } from '../site.ts'

/** The page of pairs, with a matrix for each kind of NAT; undefined where the run had none. */
export function pairsPage(site: Site): string | undefined {
  const pairs = pairMatrices(site)
  if (pairs.length === 0) return undefined
  return render('pairs', { ...frameOf(site, 'pairs', { title: 'Pairs', root: '' }), pairs, nats: natMatrix(site) })
}
