// One measured process of `npm run bench -- wire`: reads a capture to a trace, or mutated packets; prints its peak memory.
import { feedMutations } from '../harness/wire/testing/feed-mutations.ts'
import { seededRandom } from '../harness/wire/testing/mutations.ts'
import { readTrace } from '../harness/wire/trace/read-trace.ts'

const [job, argument = ''] = process.argv.slice(2)
let found: Record<string, number>
if (job === 'trace') {
  const { captures, messages, flows } = await readTrace(argument)
  found = { packets: captures[0]?.packets ?? 0, messages: messages.length, flows: flows.length }
} else found = feedMutations(Number(argument), seededRandom(1))
console.log(JSON.stringify({ memory: Math.round(process.resourceUsage().maxRSS / 1024), ...found }))
