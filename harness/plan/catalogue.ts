import type { AskedRole } from '../lab/implementation.ts'
import type { CatalogueCase, Specification } from '../record/results-schema.ts'
import type { Requirement } from '../suite/requirements.ts'
import { transports } from './cells.ts'
import type { LoadedSuite } from './load-suites.ts'

/** Everything that can be asked, told without running it. */
export interface Catalogue {
  specifications: Specification[]
  cases: CatalogueCase[]
}

/**
 * Link to a section: RFCs to the RFC Editor's page, XEPs to theirs (whose anchors are words, not numbers). Anything else
 * has no link of its own.
 */
export function sectionUrl(specification: string, section: string): string {
  const [kind, number] = specification.split(/[ -]/)
  if (kind === 'XEP') return `https://xmpp.org/extensions/xep-${number}.html`
  if (kind !== 'RFC') return ''
  const anchor = /^[A-Z](\.|$)/.test(section) ? `appendix-${section}` : `section-${section}`
  return `https://www.rfc-editor.org/rfc/rfc${number}#${anchor}`
}

/**
 * Makes the catalogue of the suites: specifications sorted by id, cases in the order of their suites. The first case of
 * each section of the second level (8.3, with all that is in it) leads; the others are asked where a run is to be
 * thorough, or names them.
 */
export function makeCatalogue(suites: LoadedSuite[]): Catalogue {
  const specifications = new Map<string, Specification>()
  for (const { suite } of suites) {
    if (specifications.has(suite.specification)) continue
    specifications.set(suite.specification, {
      id: suite.specification,
      title: suite.title,
      version: suite.version ?? '',
      category: suite.category,
    })
  }
  const cases: CatalogueCase[] = []
  const led = new Set<string>()
  for (const { id, suite } of suites) {
    for (const one of suite.cases) {
      const specification = one.specification ?? suite.specification
      if (!specifications.has(specification)) {
        specifications.set(specification, {
          id: specification,
          title: specification,
          version: '',
          category: suite.category,
        })
      }
      const section = `${suite.role} ${specification} ${one.section.split('.').slice(0, levelsOf(suite.role, specification)).join('.')}`
      const leads = one.leads ?? !led.has(section)
      led.add(section)
      cases.push({
        id: one.id,
        suite: id,
        specification,
        version: specifications.get(specification)?.version ?? '',
        section: one.section,
        url: sectionUrl(specification, one.section),
        level: one.level,
        statement: one.statement,
        role: suite.role,
        ...(suite.topic ? { topic: suite.topic } : {}),
        ...transportsOf([...(suite.requires ?? []), ...(one.requires ?? [])]),
        ...(leads ? {} : { thorough: true }),
        ...(one.security ? { security: true } : {}),
        ...(one.control ? { control: one.control } : {}),
      })
    }
  }
  return { specifications: [...specifications.values()].sort((a, b) => a.id.localeCompare(b.id)), cases }
}

/**
 * How many levels of a section's number a quick run tells apart. A client is started for each case, and the specifications
 * that add to the core have many small sections: there the first level is enough.
 */
const levelsOf = (role: AskedRole, specification: string): number =>
  role === 'xmpp-client' && specification.startsWith('XEP') ? 1 : 2

/** What a case requires of the transport says which it is about; `tcp` stands for both ways over TCP. */
function transportsOf(requires: Requirement[]): { transports?: string[] } {
  const named = requires.flatMap((one) => (one.kind === 'capability' ? [one.name] : []))
  const about = transports.filter((transport) => named.includes(transport))
  if (about.length > 0) return { transports: about }
  return named.includes('tcp') ? { transports: ['starttls', 'direct-tls'] } : {}
}
