import { z } from 'zod'

/**
 * results.json: everything that reports, comparisons and scripts read. Fields may be added, never renamed. Published as
 * JSON Schema by `resultsJsonSchema`.
 */
export const schemaName = 'assay/results/1'

export const verdicts = ['pass', 'fail', 'warn', 'unsupported', 'inconclusive', 'error'] as const
export const levels = ['MUST', 'SHOULD', 'MAY', 'none'] as const
/** How an implementation behaved, where that tells more than the verdict. */
export const behaviours = ['refused', 'ignored', 'silent', 'hangs', 'dies', 'believed', 'weaker'] as const
/** The categories of XEP-0479 (XMPP Compliance Suites 2023), by which reports group specifications. */
export const categories = ['Core', 'Web', 'IM', 'Mobile', 'A/V', 'Other'] as const

/** What a report shows: `withheld` is no verdict of a run, but stands for one until a date (`assay report --withhold`). */
export const shownVerdicts = [...verdicts, 'withheld'] as const

/** What clients are told apart by: reports group the cases about clients by these, in this order. */
export const topics = [
  'TLS',
  'SASL',
  'Bind',
  'Stream',
  'XML',
  'IQ',
  'Addresses',
  'Roster',
  'Presence',
  'Messages',
  'Rooms',
  'Carbons',
  'Archive',
  'Stream management',
  'Discovery',
  'Transports',
] as const

const verdict = z.enum(shownVerdicts)
const count = z.number().int().nonnegative()

const specification = z.object({
  /** `RFC 6120`, `XEP-0280`. */
  id: z.string(),
  title: z.string(),
  /** Version of a XEP that the suite was written against; empty for RFCs. */
  version: z.string(),
  category: z.enum(categories),
})

/** What a case is, told without running it. */
export const catalogueCase = z.object({
  id: z.string(),
  suite: z.string(),
  specification: z.string(),
  version: z.string(),
  section: z.string(),
  /** Link to the section in the specification. */
  url: z.string(),
  level: z.enum(levels),
  statement: z.string(),
  role: z.string(),
  /** Of cases about clients. */
  topic: z.enum(topics).optional(),
  security: z.boolean().optional(),
  /** The transports that it is about; where it is left out, any will do. */
  transports: z.array(z.string()).optional(),
  /** Asked by a thorough run only, or where it is named. */
  thorough: z.boolean().optional(),
  /** Id of the case that shows the same flow, right. */
  control: z.string().optional(),
})

const implementation = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  family: z.string(),
  role: z.string(),
  homepage: z.string().optional(),
})

export const attempt = z.object({
  verdict,
  durationMs: z.number().nonnegative(),
  how: z.enum(behaviours).optional(),
  message: z.string().optional(),
  /** Epoch milliseconds. */
  startedAt: z.number(),
})

/** What was expected and what came, told apart so that a page can lay them side by side. */
const difference = z.object({ expected: z.string(), actual: z.string() })

export const caseResult = z.object({
  id: z.string(),
  verdict,
  how: z.enum(behaviours).optional(),
  /** False where the verdict is not what the baseline, or without one the level, lets expect. */
  expected: z.boolean(),
  /** What the baseline says of this case on this implementation. */
  expectation: z
    .object({
      verdict,
      reason: z.string(),
      link: z.string(),
      expires: z.string(),
      /** `kept`: it failed as known; `passes`: the known failure now passes; `expired`: past its date. */
      state: z.enum(['kept', 'passes', 'expired']),
    })
    .optional(),
  /** Attempts came to different verdicts. */
  flaky: z.boolean().optional(),
  /** k of n: how many attempts passed. */
  passed: count.optional(),
  attempts: z.array(attempt),
  message: z.string().optional(),
  difference: difference.optional(),
  /** Folder of the evidence, relative to the run directory. */
  evidence: z.string().optional(),
  /** Names of the files in that folder. */
  files: z.array(z.string()).optional(),
  /** The command that runs exactly this case again. */
  replay: z.string().optional(),
})

/** By column: `gathering`, `checks`, …. `blame` is the role of the implementation: `controlling`, `controlled`. */
export const cellStages = z.record(
  z.string(),
  z.object({ verdict, blame: z.string().optional(), reason: z.string().optional() }),
)
export type CellStages = z.infer<typeof cellStages>

export const cellResult = z.object({
  id: z.string(),
  implementations: z.array(implementation).min(1),
  /** E.g. `{ runtime: 'docker', transport: 'starttls' }`. */
  environment: z.record(z.string(), z.string()),
  /** Its columns: how far two implementations came with each other, and whose doing it is where they did not. */
  stages: cellStages.optional(),
  /** What the implementation said it supports (disco features, stream features). */
  claims: z.array(z.string()).optional(),
  /** Image digests, package versions, configuration. */
  provenance: z.record(z.string(), z.string()).optional(),
  /** Why no case of this cell ran, e.g. an image that did not build; its log lies in `evidence`. */
  error: z.object({ message: z.string(), log: z.string().optional() }).optional(),
  cases: z.array(caseResult),
  startedAt: z.number().optional(),
  durationMs: z.number().optional(),
})

export const provenance = z.object({
  id: z.string(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
  assay: z.string(),
  commandLine: z.array(z.string()),
  profile: z.string().optional(),
  seed: z.string(),
  node: z.string(),
  kernel: z.string(),
  platform: z.string(),
  docker: z.string().optional(),
  cores: z.number(),
  jobs: z.number(),
  repeat: z.number(),
  shard: z.string().optional(),
  baseline: z.string().optional(),
  /** Runs that `merge` put together. */
  mergedFrom: z.array(z.string()).optional(),
})

export const resultsSchema = z.object({
  schema: z.literal(schemaName),
  run: provenance,
  specifications: z.array(specification),
  catalogue: z.array(catalogueCase),
  cells: z.array(cellResult),
  totals: z.record(z.string(), count),
  durationMs: z.number().nonnegative(),
  /** False where the run was cut short and can be resumed. */
  complete: z.boolean(),
})

export type Verdict = z.infer<typeof verdict>
export type Level = (typeof levels)[number]
export type Behaviour = (typeof behaviours)[number]
export type Topic = (typeof topics)[number]
export type Category = (typeof categories)[number]
export type Specification = z.infer<typeof specification>
export type CatalogueCase = z.infer<typeof catalogueCase>
export type Attempt = z.infer<typeof attempt>
export type CaseResult = z.infer<typeof caseResult>
export type CellResult = z.infer<typeof cellResult>
export type Provenance = z.infer<typeof provenance>
export type Results = z.infer<typeof resultsSchema>

/** The schema of results.json for people's own tools. */
export const resultsJsonSchema = (): unknown => z.toJSONSchema(resultsSchema)
