import { Argument, type Command } from 'commander'
import { oneOf } from './one-of.ts'
import { note, print, printJson } from './output.ts'
import { addSelectionOptions, readSelection, type SelectionOptions } from './selection-options.ts'
import { table, terminalWidth } from './table.ts'

const things = ['implementations', 'suites', 'cases', 'cells', 'profiles', 'rules'] as const

/** `assay list`: everything there is to choose from. */
export function addList(program: Command): void {
  const command = program
    .command('list')
    .description('tell what there is: implementations, suites, cases, cells, profiles or rules')
    .addArgument(oneOf(new Argument('<what>', `${things.slice(0, -1).join(', ')} or ${things.at(-1)}`), things))
  addSelectionOptions(command)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Examples:
  assay list implementations               what can be put under test, and what cannot here, and why
  assay list cases --suite "xep-0280*"     the cases of one specification
  assay list cells --profile servers       what a run of the profile would consist of
  assay list cases --json | jq length`,
    )
    .action((what: (typeof things)[number], options: SelectionOptions & { json?: boolean }) => list(what, options))
}

async function list(what: (typeof things)[number], options: SelectionOptions & { json?: boolean }): Promise<void> {
  const { head, rows, json } = await collect(what, options)
  if (options.json) return printJson(json)
  if (rows.length === 0) return note(`There are no ${what} yet.`)
  await print(table(head, rows, terminalWidth()))
}

interface Listing {
  head: string[]
  rows: (string | number)[][]
  json: unknown[]
}

async function collect(what: (typeof things)[number], options: SelectionOptions): Promise<Listing> {
  if (what === 'profiles') return listProfiles()
  if (what === 'rules') return listRules()
  const { loadEverything } = await import('./load-everything.ts')
  const { variants, catalogue } = await loadEverything()
  if (what === 'implementations') {
    const json = variants.map(({ manifest, variant, available, reason }) => ({
      id: manifest.id,
      version: variant.version,
      name: manifest.name,
      family: manifest.family,
      roles: manifest.roles,
      runtime: manifest.runtime,
      available,
      ...(reason === undefined ? {} : { reason }),
    }))
    const rows = json.map((one) => [one.id, one.version, one.roles.join(','), one.runtime, one.reason ?? 'available'])
    return { head: ['ID', 'VERSION', 'ROLES', 'RUNTIME', 'HERE'], rows, json }
  }
  const { select, selectCases } = await import('../plan/select.ts')
  if (what === 'cells') {
    const json = select(readSelection(options), variants, catalogue).map(({ cell, unavailable }) => ({
      ...cell,
      available: unavailable === undefined,
      ...(unavailable === undefined ? {} : { reason: unavailable }),
    }))
    const rows = json.map((one) => [one.id, one.cases.length, one.reason ?? 'available'])
    return { head: ['CELL', 'CASES', 'HERE'], rows, json }
  }
  const cases = selectCases({ ...readSelection(options), thorough: true }, catalogue)
  if (what === 'cases') {
    const rows = cases.map((one) => [one.id, one.level, one.role, one.statement])
    return { head: ['CASE', 'LEVEL', 'ROLE', 'STATEMENT'], rows, json: cases }
  }
  const json = [...Map.groupBy(cases, (one) => one.suite)].map(([id, own]) => ({
    id,
    specification: own[0]?.specification ?? '',
    title: catalogue.specifications.find((one) => one.id === own[0]?.specification)?.title ?? '',
    role: own[0]?.role ?? '',
    cases: own.length,
  }))
  const rows = json.map((one) => [one.id, one.specification, one.role, one.cases, one.title])
  return { head: ['SUITE', 'SPECIFICATION', 'ROLE', 'CASES', 'TITLE'], rows, json }
}

async function listProfiles(): Promise<Listing> {
  const { profiles, defaultProfile } = await import('../plan/profiles.ts')
  const json = profiles.map((one) => ({ ...one, default: one.id === defaultProfile }))
  const rows = json.map((one) => [one.default ? `${one.id} (default)` : one.id, one.role, one.runtime, one.title])
  return { head: ['PROFILE', 'ROLE', 'RUNTIME', 'WHAT'], rows, json }
}

async function listRules(): Promise<Listing> {
  const { rules } = await import('../diagnose/index.ts')
  const json = rules.map(({ id, specification, section, level, title, explanation }) => ({
    id,
    specification,
    section,
    level,
    title,
    explanation,
  }))
  const rows = json.map((one) => [one.id, one.specification, `§${one.section}`, one.level, one.title])
  return { head: ['RULE', 'SPECIFICATION', 'SECTION', 'LEVEL', 'TITLE'], rows, json }
}
