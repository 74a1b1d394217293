import { loadSuites } from '../plan/load-suites.ts'
import type { Suite } from '../suite/define-suite.ts'

/** All suites: a control may stand in another file than the case that names it. */
export const loadJobSuites = async (): Promise<Suite[]> => (await loadSuites()).map(({ suite }) => suite)
