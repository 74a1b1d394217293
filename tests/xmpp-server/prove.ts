// `npm run prove -- [SUITE-OR-CASE…] [--server prosody@13.0.7]`: shows of each server case whether it can fail.
import { parseArgs } from 'node:util'
import { loadSuites } from '../../harness/plan/load-suites.ts'
import { mistakes } from '../../harness/tester/mistakes.ts'
import { noticedBy } from './careless-cases.ts'
import { traits } from './careless-traits.ts'
import { proveCases } from './prove-cases.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { server: { type: 'string', default: 'prosody@13.0.7' } },
})
const chosen = (id: string) => positionals.length === 0 || positionals.some((prefix) => id.startsWith(prefix))
const suites = (await loadSuites())
  .filter(({ suite }) => suite.role === 'xmpp-server')
  .map(({ id, suite }) => ({ ...suite, cases: suite.cases.filter((test) => chosen(id) || chosen(test.id)) }))

const proofs = await proveCases(values.server, suites, {
  tell: ({ id, verdict, noticed }) => console.log(`${id}: ${verdict}${noticed ? `, and notices ${noticed}` : ''}`),
})
const passed = proofs.filter(({ verdict }) => verdict === 'pass')
const blind = passed.filter(({ noticed }) => !noticed)
console.log(
  `\n${proofs.length} cases on ${values.server}: ${passed.length} pass, ${blind.length} of them notice no mistake`,
)
for (const { id } of blind) {
  console.log(`  ${id}${noticedBy[id] ? `: careless.test.ts shows it, by a server that ${traits[noticedBy[id]]}` : ''}`)
}
for (const { id, what } of mistakes) {
  const first = passed.filter(({ noticed }) => noticed === id).length
  if (first > 0) console.log(`${String(first).padStart(5)} first noticed a server that ${what} (${id})`)
}
process.exit(blind.every(({ id }) => noticedBy[id]) ? 0 : 1)
