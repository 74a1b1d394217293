import type { TestEvent } from 'node:test/reporters'
import { inspect, stripVTControlCharacters } from 'node:util'

/** What tests/run.ts reads of a test, one JSON document a line. */
export interface TestRecord {
  /** `heard`: a file came to its end; `ended`: the runner did. */
  kind: 'passed' | 'failed' | 'skipped' | 'output' | 'heard' | 'ended'
  name: string
  file: string
  /** Why it was skipped, what went wrong, or what was printed. */
  text?: string
}

/** A reporter for Node's test runner that leaves the telling to tests/run.ts. */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const record = recordOf(event)
    if (record) yield `${JSON.stringify(record)}\n`
  }
}

function recordOf(event: TestEvent): TestRecord | undefined {
  if (event.type === 'test:stdout' || event.type === 'test:stderr') {
    return { kind: 'output', name: '', file: event.data.file, text: stripVTControlCharacters(event.data.message) }
  }
  if (event.type === 'test:summary') {
    const { file } = event.data
    return { kind: file ? 'heard' : 'ended', name: '', file: file ?? '' }
  }
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return undefined
  const { name, file = '', details, skip, todo } = event.data
  if (details.type === 'suite' && event.type === 'test:pass') {
    // A suite that is skipped hides its tests: it stands for them.
    // Its tests may be written elsewhere: then it alone tells that its file was run.
    return skip ? { kind: 'skipped', name, file, text: reasonOf(skip) } : { kind: 'heard', name, file }
  }
  if (skip || todo) return { kind: 'skipped', name, file, text: reasonOf(skip || todo) }
  if (event.type === 'test:pass') return { kind: 'passed', name, file }
  const { error } = event.data.details
  // The tests inside have told it.
  if ('failureType' in error && error.failureType === 'subtestsFailed') return undefined
  return { kind: 'failed', name, file, text: inspect(error.cause ?? error, { depth: 5 }) }
}

const reasonOf = (skip: string | boolean | undefined) =>
  typeof skip === 'string' && skip !== '' ? skip : 'no reason is given'
