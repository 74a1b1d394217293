import type { CaseResult } from '../../harness/record/results-schema.ts'
import type { Column } from './columns.ts'
import type { IndexedResults } from './index-results.ts'
import { tally } from './tally.ts'

/**
 * Namespaces and feature names by which implementations claim a specification, as parts of what a cell claims
 * (`server: urn:xmpp:carbons:2`), the first that fits. What belongs to several specifications is left out.
 */
const namespaces: [part: string, specification: string][] = [
  ['account: http://jabber.org/protocol/pubsub', 'XEP-0163'],
  ['http://jabber.org/protocol/disco#', 'XEP-0030'],
  ['http://jabber.org/protocol/muc', 'XEP-0045'],
  ['vcard-temp', 'XEP-0054'],
  ['http://jabber.org/protocol/pubsub', 'XEP-0060'],
  ['jabber:iq:version', 'XEP-0092'],
  ['http://jabber.org/protocol/caps', 'XEP-0115'],
  ['urn:xmpp:receipts', 'XEP-0184'],
  ['urn:xmpp:blocking', 'XEP-0191'],
  ['urn:xmpp:sm:', 'XEP-0198'],
  ['urn:xmpp:ping', 'XEP-0199'],
  ['urn:xmpp:extdisco:', 'XEP-0215'],
  ['urn:xmpp:carbons:', 'XEP-0280'],
  ['urn:xmpp:message-correct:', 'XEP-0308'],
  ['urn:xmpp:mam:', 'XEP-0313'],
  ['urn:xmpp:csi:', 'XEP-0352'],
  ['urn:xmpp:push:', 'XEP-0357'],
  ['urn:xmpp:sid:', 'XEP-0359'],
  ['urn:xmpp:http:upload:', 'XEP-0363'],
  ['urn:xmpp:bind:', 'XEP-0386'],
  ['urn:xmpp:sasl:2', 'XEP-0388'],
  ['urn:xmpp:bookmarks:1', 'XEP-0402'],
  ['urn:xmpp:fast:', 'XEP-0484'],
]

/** A feature that an implementation says it has, against what was seen. */
export interface Claim {
  specification: string
  features: string[]
  results: CaseResult[]
  /** What broke a MUST although the feature is claimed. */
  broken: CaseResult[]
}

/** The specifications that a cell claims, each with what its cases came to. Those without a case are left out. */
export function compareClaims(column: Column, indexed: IndexedResults): Claim[] {
  const features = new Map<string, string[]>()
  for (const claim of column.cell.claims ?? []) {
    const specification = namespaces.find(([part]) => claim.includes(part))?.[1]
    if (specification) features.set(specification, [...(features.get(specification) ?? []), claim])
  }
  return indexed.specifications.flatMap(({ id }) => {
    const claimed = features.get(id)
    if (!claimed) return []
    const results = indexed.casesOf(id).flatMap((entry) => indexed.result(column.cell, entry.id) ?? [])
    if (tally(results).total === 0) return []
    return [{ specification: id, features: claimed, results, broken: results.filter((one) => one.verdict === 'fail') }]
  })
}
