import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { Journal, type JournalEntry, parseJournal, readJournal } from './journal.ts'

const folder = await mkdtemp(join(tmpdir(), 'assay-journal-'))
after(() => rm(folder, { recursive: true }))

const begun: JournalEntry = { at: 1, type: 'begun', pid: 7 }
const started = (id: string): JournalEntry => ({ at: 2, cell: 'a', type: 'case-started', id, attempt: 1 })

describe('the journal', () => {
  test('keeps one event a line, and reads them back', async () => {
    const path = join(folder, 'plain')
    const journal = new Journal(path)
    journal.append(begun)
    journal.append(started('x/1/y'))
    assert.equal((await readFile(path, 'utf8')).split('\n').length, 3, 'a line is there before close')
    journal.close()
    assert.deepEqual(await readJournal(path), { entries: [begun, started('x/1/y')], torn: [] })
  })

  test('that is not there is empty', async () => {
    assert.deepEqual(await readJournal(join(folder, 'nothing')), { entries: [], torn: [] })
  })

  test('goes on after a torn last line, on a line of its own', async () => {
    const path = join(folder, 'torn')
    await writeFile(path, `${JSON.stringify(begun)}\n${JSON.stringify(started('x/1/y')).slice(0, 20)}`)
    const journal = new Journal(path)
    journal.append(started('x/1/z'))
    journal.close()
    assert.deepEqual(await readJournal(path), { entries: [begun, started('x/1/z')], torn: [2] })
  })

  test('reports torn and foreign lines in the middle, and reads the rest', async () => {
    const path = join(folder, 'middle')
    await writeFile(path, `${JSON.stringify(begun)}\n{"at":2,"cell":"a"\n\0\0\0\n{"type":"unheard of"}\nnull\n`)
    await appendFile(path, `${JSON.stringify(started('x'))}\n`)
    assert.deepEqual(await readJournal(path), { entries: [begun, started('x')], torn: [2, 3, 4, 5] })
  })

  test('refuses a verdict that there is not', () => {
    const line = {
      at: 1,
      cell: 'a',
      type: 'case-finished',
      id: 'x',
      attempt: 1,
      outcome: { verdict: 'green', durationMs: 1, startedAt: 1 },
    }
    assert.deepEqual(parseJournal(JSON.stringify(line)), { entries: [], torn: [1] })
  })
})
