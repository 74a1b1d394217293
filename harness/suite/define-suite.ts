import type { AskedRole } from '../lab/implementation.ts'
import type { Category, Level, Topic } from '../record/results-schema.ts'
import type { RoleFixtures } from './fixtures.ts'
import type { Requirement } from './requirements.ts'

/** What a suite says of its specification. */
export interface SuiteHead<R extends AskedRole> {
  /** `RFC 6120`, `XEP-0280`. */
  specification: string
  /** Version of a XEP; leave out for RFCs. */
  version?: string
  title: string
  /** Category of XEP-0479, by which reports group specifications. */
  category: Category
  /** Role xmpp-client: what the suite is about, by which reports group what clients do. */
  topic?: Topic
  role: R
  /** What an IUT must claim for any case of this suite to run. */
  requires?: Requirement[]
  /** Whether all its cases are about logging in: see CaseHead. */
  login?: boolean
}

/** What a case says of itself. */
export interface CaseHead {
  /** Section of the specification, as its own numbering has it: `4.3.2`, `example 5` never. */
  section: string
  level: Level
  /** The statement in our own words, a short paraphrase that can be true or false of an IUT. */
  statement: string
  /** A breach lets someone in, read, forge or stop the IUT. */
  security?: boolean
  /** Id of the case that shows the same flow, right; when it does not pass, this case is inconclusive. */
  control?: string
  requires?: Requirement[]
  /**
   * Whether every run asks it, or only a thorough one. Where it is left out, the first case of each section leads (8.3
   * stands for all in it): a run touches every section, and `--thorough` asks all.
   */
  leads?: boolean
  /**
   * Role xmpp-client: it is about logging in, so the client is offered all that the tester speaks. Others are offered
   * PLAIN alone, inside TLS: some libraries derive SCRAM's keys in JavaScript, and spend four times as long on it as on
   * everything else.
   */
  login?: boolean
  /** Bound on the whole case, milliseconds. */
  timeoutMs?: number
  /**
   * Id of another specification that carries the sentence, where it is not the suite's own: `RFC 7590` in a file that
   * is about RFC 6120. Rarely needed.
   */
  specification?: string
}

export interface Case<R extends AskedRole = AskedRole> extends CaseHead {
  id: string
  body: (fixtures: RoleFixtures[R]) => Promise<void>
}

export interface Suite<R extends AskedRole = AskedRole> extends SuiteHead<R> {
  cases: Case<R>[]
}

interface SuiteTools<R extends AskedRole> {
  /** Adds a case. `id` is `specification/section/slug` and never changes meaning. */
  test(id: string, head: CaseHead, body: (fixtures: RoleFixtures[R]) => Promise<void>): void
}

/**
 * A suite: the cases of one specification, as data that can be listed, counted and filtered without being run.
 *
 * @throws Error when an id is not `specification/section/slug`, does not fit its specification and section, or is taken.
 */
export function defineSuite<R extends AskedRole>(head: SuiteHead<R>, define: (tools: SuiteTools<R>) => void): Suite<R> {
  const cases: Case<R>[] = []
  define({
    test(id, caseHead, body) {
      checkId(id, caseHead.specification ?? head.specification, caseHead.section)
      if (cases.some((known) => known.id === id)) throw new Error(`case ${id} is defined twice`)
      cases.push({ ...(head.login ? { login: true } : {}), ...caseHead, id, body })
    },
  })
  return { ...head, cases }
}

/** `RFC 6120` → `rfc6120`, `XEP-0280` → `xep-0280`: the first part of case ids. */
export const specificationSlug = (specification: string): string => specification.toLowerCase().replace(/^rfc /, 'rfc')

function checkId(id: string, specification: string, section: string) {
  const prefix = `${specificationSlug(specification)}/${section}/`
  if (!id.startsWith(prefix) || !/^[a-z0-9-]+$/.test(id.slice(prefix.length))) {
    throw new Error(`case id ${id} must be ${prefix} and a slug of a-z, 0-9 and hyphens`)
  }
}
