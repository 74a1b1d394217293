import { type RuntimeName, runtimes } from '../lab/implementation.ts'
import type { CatalogueCase } from '../record/results-schema.ts'
import type { Catalogue } from './catalogue.ts'
import { clientCells, makeCells, targetCell, transports } from './cells.ts'
import { fits, isPattern } from './glob.ts'
import { didYouMean } from './nearest.ts'
import { isPairMeant, pairCells, pairSign } from './pair-cells.ts'
import type { Cell, Target } from './plan.ts'
import { defaultProfile, profiles, variantsOf } from './profiles.ts'
import { type RegisteredVariant, variantId } from './registry.ts'
import { UsageError } from './usage-error.ts'

/** What the command line asks for. Everything left out means: all. */
export interface Selection {
  profile?: string
  /** `prosody`, `prosody@13.0.7`, `prosody@13` (every 13.x), or a cell's id such as `stanza@12.22.1+websocket`. */
  implementations?: string[]
  /** Ids of suites, or patterns. */
  suites?: string[]
  /** Ids of cases, or patterns such as `xep-0280/*`. */
  cases?: string[]
  /** Every case, not only those that lead their section. Cases and suites that are named are asked anyhow. */
  thorough?: boolean
  runtime?: string
  transports?: string[]
  target?: Target
  client?: string
}

/** A cell that was selected, and why it cannot be run on this machine, if it cannot. */
export interface SelectedCell {
  cell: Cell
  unavailable?: string
}

/**
 * Turns what was asked into cells.
 *
 * @throws UsageError naming the option, the unknown id and the nearest known ones, or why nothing is left to run.
 */
export function select(selection: Selection, variants: RegisteredVariant[], catalogue: Catalogue): SelectedCell[] {
  const cases = selectCases(selection, catalogue)
  const wanted = checkWords('--transport', selection.transports ?? [], transports)
  if (selection.target && selection.client) throw new UsageError('--target and --client cannot be given together')
  if (selection.target || selection.client) {
    const given = selection.target ? '--target' : '--client'
    if (selection.profile || selection.implementations?.length) {
      throw new UsageError(`${given} names what is tested: leave out --profile and --implementation`)
    }
    const cells = selection.target
      ? [targetCell(selection.target, cases)]
      : clientCells(selection.client ?? '', cases, wanted)
    return refuseEmpty(
      cells.map((cell) => ({ cell })),
      cases,
      [selection.target ? 'xmpp-server' : 'xmpp-client'],
    )
  }
  const pairWords = (selection.implementations ?? []).filter((word) => word.includes(pairSign))
  if (pairWords.length > 0) return selectPairs(selection, pairWords, variants, cases)
  const chosen = selectVariants(selection, variants)
  // Whoever asks for certain cases or a certain transport means it.
  const { thorough, suites = [], cases: named = [] } = selection
  const everywhere = thorough || suites.length > 0 || named.length > 0 || wanted.length > 0
  const profile = profiles.find(({ id }) => id === selection.profile)
  const cells: SelectedCell[] = []
  for (const { registered, transport } of chosen) {
    const only = transport ? [transport] : wanted
    if (profile?.cells === 'pairs') continue
    for (const cell of makeCells([registered], cases, only, everywhere || transport !== undefined)) {
      if (cells.some((known) => known.cell.id === cell.id)) continue
      cells.push({ cell, ...(registered.reason === undefined ? {} : { unavailable: registered.reason }) })
    }
  }
  const all = [...new Set(chosen.map(({ registered }) => registered))]
  if (profile?.cells !== 'alone') cells.push(...pairCells(all, cases, profile?.nats))
  return refuseEmpty(cells, cases, [...new Set(chosen.flatMap(({ registered }) => registered.manifest.roles))])
}

/** Certain pairs, by their ids: `werift@0.25.2~wrtc`, with `+symmetric` behind it where they stand behind NATs. */
function selectPairs(
  selection: Selection,
  words: string[],
  variants: RegisteredVariant[],
  cases: CatalogueCase[],
): SelectedCell[] {
  const other = selection.implementations?.find((word) => !word.includes(pairSign))
  if (other !== undefined)
    throw new UsageError(`--implementation ${other}: pairs and single implementations cannot be asked together`)
  const nats = profiles.flatMap((profile) => profile.nats ?? [])
  const cells = words.flatMap((word) => {
    const nat = nats.find((kind) => word.endsWith(`+${kind}`))
    const found = pairCells(variants, cases, [nat ?? 'none']).filter(({ cell }) => isPairMeant(word, cell))
    if (found.length > 0) return found
    throw new UsageError(`--implementation ${word}: no such pair (see assay list cells)`)
  })
  return refuseEmpty(cells, cases, ['ice-agent'])
}

function refuseEmpty(cells: SelectedCell[], cases: CatalogueCase[], roles: string[]): SelectedCell[] {
  const left = cells.filter(({ cell }) => cell.cases.length > 0)
  if (left.length > 0) return left
  const asked = [...new Set(cases.map((one) => one.role))]
  throw new UsageError(
    asked.length > 0 && !asked.some((role) => roles.includes(role))
      ? `nothing to run: the cases chosen are for role ${asked.join(', ')}, the implementations chosen have role ${roles.join(', ')}; choose others with --profile or --implementation (see assay list profiles)`
      : 'nothing to run: no implementation and case chosen fit together (see assay list cells)',
  )
}

/** The cases that were asked for, and their controls. @throws UsageError as `select` does */
export function selectCases(selection: Selection, catalogue: Catalogue): CatalogueCase[] {
  const suiteIds = [...new Set(catalogue.cases.map((one) => one.suite))]
  const suites = new Set(
    (selection.suites ?? []).flatMap((pattern) => matching('--suite', pattern, suiteIds, 'suites')),
  )
  const caseIds = catalogue.cases.map((one) => one.id)
  const ids = new Set((selection.cases ?? []).flatMap((pattern) => matching('--case', pattern, caseIds, 'cases')))
  const all = selection.thorough || suites.size > 0 || ids.size > 0
  const kept = catalogue.cases.filter(
    (one) =>
      (all || !one.thorough) && (suites.size === 0 || suites.has(one.suite)) && (ids.size === 0 || ids.has(one.id)),
  )
  if (kept.length === 0 && catalogue.cases.length > 0) {
    throw new UsageError('nothing to run: no case is both in --suite and in --case')
  }
  return withControls(kept, catalogue)
}

/** A hostile case says nothing without its control, so the control runs too, before it. */
function withControls(kept: CatalogueCase[], catalogue: Catalogue): CatalogueCase[] {
  const ids = new Set(kept.map((one) => one.id))
  for (const one of kept) if (one.control) ids.add(one.control)
  return catalogue.cases.filter((one) => ids.has(one.id))
}

function matching(option: string, pattern: string, known: string[], what: string): string[] {
  const found = isPattern(pattern) ? known.filter((id) => fits(pattern, id)) : known.filter((id) => id === pattern)
  if (found.length > 0) return found
  throw new UsageError(
    `${option} ${pattern}: ${isPattern(pattern) ? 'fits none' : 'is none'} of the ${known.length} ${what}${didYouMean(pattern, known)} (see assay list ${what})`,
  )
}

function checkWords<T extends string>(option: string, given: string[], known: readonly T[]): T[] {
  for (const word of given) {
    if (!known.includes(word as T))
      throw new UsageError(`${option} ${word}: takes ${known.join(', ')}${didYouMean(word, known)}`)
  }
  return given as T[]
}

interface ChosenVariant {
  registered: RegisteredVariant
  transport?: string
}

function selectVariants(selection: Selection, variants: RegisteredVariant[]): ChosenVariant[] {
  const asked = selection.implementations ?? []
  const [runtime] = checkWords(
    '--runtime',
    selection.runtime ? [selection.runtime] : [],
    runtimes.filter((name): name is RuntimeName => name !== 'target'),
  )
  const ofRuntime = runtime ? variants.filter(({ manifest }) => manifest.runtime === runtime) : variants
  const pool = poolOf(selection, ofRuntime, asked.length > 0 || runtime !== undefined)
  if (asked.length === 0) return pool.map((registered) => ({ registered }))
  return asked.flatMap((word) => {
    const found = matchImplementation(word, pool)
    if (found.length > 0) return found
    const elsewhere = matchImplementation(word, variants)
    if (elsewhere.length > 0) {
      throw new UsageError(
        `--implementation ${word}: is not in ${selection.profile ? `profile ${selection.profile}` : `runtime ${runtime}`}; leave that option out`,
      )
    }
    const known = [...new Set(variants.flatMap((one) => [one.manifest.id, variantId(one)]))]
    throw new UsageError(
      `--implementation ${word}: no such implementation${didYouMean(word, known)} (see assay list implementations)`,
    )
  })
}

function poolOf(selection: Selection, variants: RegisteredVariant[], chosenOtherwise: boolean): RegisteredVariant[] {
  if (!selection.profile && chosenOtherwise) return variants
  const id = selection.profile ?? defaultProfile
  const profile = profiles.find((known) => known.id === id)
  if (!profile) {
    const known = profiles.map((one) => one.id)
    throw new UsageError(`--profile ${id}: no such profile${didYouMean(id, known)}; there are ${known.join(', ')}`)
  }
  return variantsOf(profile, variants)
}

/** `stanza`, `stanza@12.22.1`, `stanza@12.22.1+websocket`. */
const chosenWord = new RegExp(`^([^@]+)(?:@(.+?))?(?:\\+(${transports.join('|')}))?$`)

/** Exact version first; a version cut at a dot stands for all that begin so. */
function matchImplementation(word: string, pool: RegisteredVariant[]): ChosenVariant[] {
  const [, id = '', version, transport] = chosenWord.exec(word) ?? []
  const same = pool.filter(({ manifest }) => manifest.id === id)
  const exact = same.filter(({ variant }) => version === undefined || variant.version === version)
  const found = exact.length > 0 ? exact : same.filter(({ variant }) => variant.version.startsWith(`${version}.`))
  return found.map((registered) => ({ registered, ...(transport ? { transport } : {}) }))
}
