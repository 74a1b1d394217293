import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readPart, readTranscript } from './read-evidence.ts'

async function withTranscript(text: string, use: (folder: string) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-evidence-'))
  try {
    await writeFile(join(folder, 'transcript.ndjson'), text)
    use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const line = (text: string) => JSON.stringify({ at: 1, connection: 'a', direction: 'sent', text })

test('a transcript that fits goes as it is, a torn last line included', () =>
  withTranscript(`${line('<a/>')}\n{"at":2,"con`, (folder) => {
    assert.deepEqual(readTranscript(folder, 1000), { lines: `${line('<a/>')}\n{"at":2,"con`, count: 2, left: 0 })
  }))

test('of a long text the beginning is kept, with the bytes of the whole', () =>
  withTranscript(`${line('é'.repeat(500_000))}\n${line('b')}\n`, (folder) => {
    const shown = readTranscript(folder, 20_000)
    const [first = '', second] = shown?.lines.split('\n') ?? []
    assert.equal(JSON.parse(first).total, 1_000_000)
    assert.equal(JSON.parse(first).text.length, 6000)
    assert.equal(second, line('b'))
  }))

test('what there is no room for is counted', () =>
  withTranscript(`${line('x'.repeat(100))}\n`.repeat(100), (folder) => {
    const shown = readTranscript(folder, 1000)
    assert.equal(shown?.count, 100)
    assert.equal(shown.left, 100 - (shown.lines.split('\n').length ?? 0))
  }))

test('a file that is not there is none, and of a large one only the part asked for is read', () =>
  withTranscript('0123456789', (folder) => {
    assert.equal(readTranscript(join(folder, 'nowhere'), 10), undefined)
    assert.equal(readPart(folder, 4), undefined)
    assert.equal(readPart(join(folder, 'transcript.ndjson'), 4)?.toString(), '0123')
    assert.equal(readPart(join(folder, 'transcript.ndjson'), 4, 'end')?.toString(), '6789')
  }))
