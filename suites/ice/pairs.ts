import { capability, defineSuite, expect, type PairStageResult, Unsupported } from '../../harness/suite/index.ts'

/** The stages that did not pass, each with whose doing it is. */
const broken = (stages: Record<string, PairStageResult>): string =>
  Object.entries(stages)
    .filter(([, { verdict }]) => verdict !== 'pass')
    .map(
      ([name, { verdict, blame, reason }]) => `${name}: ${verdict}${blame ? ` of the ${blame} agent` : ''}, ${reason}`,
    )
    .join('; ')

const everything = 'every stage from gathering to consent to pass, and each message to arrive'

function judge(stages: Record<string, PairStageResult>): void {
  // A connection over a relay is a connection; the column of its own says that a better one was there.
  const results = Object.entries(stages).flatMap(([name, result]) => (name === 'path' ? [] : [result]))
  if (stages.checks?.verdict === 'unsupported') {
    throw new Unsupported(stages.checks.reason ?? 'there is no way between the two')
  }
  // An agent may be without consent by its library's own word.
  expect.ok(
    results.every(({ verdict }) => verdict === 'pass' || verdict === 'unsupported'),
    everything,
    broken(stages),
  )
}

/** Two agents under test, joined: what the matrix of pairs shows. */
export default defineSuite(
  {
    specification: 'RFC 8445',
    title: 'Interactive Connectivity Establishment (ICE)',
    category: 'A/V',
    role: 'ice-pair',
  },
  ({ test }) => {
    test(
      'rfc8445/12.1/pair-exchanges-data',
      {
        section: '12.1',
        level: 'MUST',
        statement:
          'two agents that have each other’s whole description connect and exchange data both ways on a nominated pair',
        timeoutMs: 120_000,
      },
      async ({ connect }) => judge(await connect({ trickle: false })),
    )

    test(
      'rfc8838/4/pair-exchanges-data',
      {
        specification: 'RFC 8838',
        section: '4',
        level: 'MUST',
        statement:
          'two agents that tell each other their candidates one by one connect and exchange data both ways on a nominated pair',
        requires: [capability('trickle')],
        timeoutMs: 120_000,
      },
      async ({ connect }) => judge(await connect({ trickle: true })),
    )
  },
)
