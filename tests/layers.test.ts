import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Who may import what of Assay's own, by the beginning of paths; the most specific rule for a file counts. */
const rules: { room: string; may: string[]; why: string }[] = [
  {
    room: 'suites/',
    may: ['suites/', 'harness/suite/'],
    why: 'a suite says what is asked, and does no I/O of its own',
  },
  {
    room: 'drivers/',
    may: ['drivers/', 'harness/lab/'],
    why: 'a driver knows the interfaces of labs, and nothing of who asks',
  },
  {
    room: 'reports/',
    may: [
      'reports/',
      'harness/record/results-schema.ts',
      'harness/record/transcript.ts',
      // Types alone: what a diagnosis and a ladder are as plain data.
      'harness/diagnose/diagnosis.ts',
      'harness/diagnose/ladder/ladder.ts',
    ],
    why: 'a report is made from a run directory alone',
  },
  { room: 'harness/wire/', may: ['harness/wire/'], why: 'it also reads captures that nobody here made' },
  {
    room: 'harness/diagnose/',
    may: ['harness/diagnose/', 'harness/wire/'],
    why: 'rules look at a trace, wherever it comes from',
  },
  {
    room: 'harness/cli/',
    may: ['harness/', 'reports/', 'drivers/', 'suites/'],
    why: 'the command line may know everybody',
  },
  {
    room: 'harness/',
    may: ['harness/', '!harness/cli/'],
    why: 'nobody knows the command line, and drivers, suites and reports are found, not imported',
  },
]

const statement =
  /(?:^|[\n;])\s*(?:import|export)\s(?:[^'";]*?\sfrom\s*)?['"](\.{1,2}\/[^'"]+)['"]|import\(\s*['"](\.{1,2}\/[^'"]+)['"]/g

/** Paths, from the root, of what a source imports of Assay's own. */
const importsOf = (file: string, source: string): string[] =>
  [...source.matchAll(statement)].map((match) => normalize(join(dirname(file), match[1] ?? match[2] ?? '')))

function broken(file: string, imported: string): string | undefined {
  const rule = rules.filter(({ room }) => file.startsWith(room)).sort((a, b) => b.room.length - a.room.length)[0]
  if (!rule) return undefined
  const denied = rule.may.some((one) => one.startsWith('!') && imported.startsWith(one.slice(1)))
  const allowed = rule.may.some((one) => imported.startsWith(one))
  return allowed && !denied ? undefined : `${file} imports ${imported}: ${rule.why}`
}

async function sources(): Promise<string[]> {
  const found: string[] = []
  for (const room of ['suites', 'drivers', 'reports', 'harness']) {
    for await (const file of glob(`${room}/**/*.ts`, { cwd: root, exclude: (name) => name.endsWith('node_modules') })) {
      if (!file.endsWith('.test.ts')) found.push(file)
    }
  }
  return found
}

describe('who may know whom (DESIGN §2)', () => {
  test('no source imports what its room must not know', async () => {
    const files = await sources()
    assert.ok(files.length > 50, 'the sources were found')
    const complaints: string[] = []
    for (const file of files) {
      const source = await readFile(join(root, file), 'utf8')
      for (const imported of importsOf(file, source)) {
        const complaint = broken(file, imported)
        if (complaint) complaints.push(complaint)
      }
    }
    assert.deepEqual(complaints, [])
  })

  test('the check sees static, type-only, multi-line and dynamic imports', () => {
    const source = [
      "import { a } from './a.ts'",
      "import type {\n  B,\n} from '../b.ts'",
      "export { c } from './c.ts'",
      "const d = await import('../d/d.ts')",
      "import './e.ts'",
    ].join('\n')
    assert.deepEqual(importsOf('harness/x/y.ts', source), [
      'harness/x/a.ts',
      'harness/b.ts',
      'harness/x/c.ts',
      'harness/d/d.ts',
      'harness/x/e.ts',
    ])
  })

  test('the check knows a breach from what is allowed', () => {
    assert.equal(broken('suites/xmpp/a.ts', 'harness/suite/index.ts'), undefined)
    assert.match(broken('suites/xmpp/a.ts', 'harness/tester/x.ts') ?? '', /no I\/O/)
    assert.match(broken('harness/run/a.ts', 'harness/cli/output.ts') ?? '', /command line/)
    assert.match(broken('reports/html/a.ts', 'harness/record/journal.ts') ?? '', /run directory/)
    assert.equal(broken('harness/cli/run.ts', 'reports/html/index.ts'), undefined)
  })
})
