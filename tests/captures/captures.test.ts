import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pcapngFile } from '../../harness/wire/pcap/pcapng-writer.ts'
import { captures } from './calls.ts'

const folder = import.meta.dirname
const program = join(folder, '../../bin/assay.js')

interface Told {
  code: number
  out: string
  complaints: string
}

/** The command as a script calls it. */
const diagnose = (...words: string[]): Promise<Told> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, 'diagnose', ...words], (error, out, complaints) =>
      resolve({ code: error ? Number(error.code) : 0, out, complaints }),
    )
  })

const capture = (file: string): string => join(folder, file)

describe('assay diagnose', () => {
  for (const { file, rules, blame, call } of captures) {
    test(`${file}: ${rules.join(', ') || 'nothing is found'}`, async () => {
      const { code, out } = await diagnose(capture(file), '--json')
      const { sessions, findings, notChecked } = JSON.parse(out)
      const hard = findings.filter((one: { level: string }) => one.level === 'MUST')
      assert.deepEqual(hard.map((one: { rule: string }) => one.rule).sort(), rules)
      for (const one of hard) {
        assert.equal(one.blame, blame)
        assert.deepEqual(
          ['rule', 'specification', 'section', 'level', 'blame', 'packets', 'explanation'].filter(
            (key) => !(key in one),
          ),
          [],
        )
      }
      assert.ok(sessions.length > 0 && sessions[0].story.length > 3)
      assert.ok(notChecked.length > 0)
      assert.equal(code, rules.length > 0 ? 1 : 0)
      assert.deepEqual(await readFile(capture(file)), call().pcap(), 'it is what the script writes')
    })
  }

  test('with both descriptions of a healthy call nothing is found, and signatures were verified', async () => {
    const sdp = ['romeo', 'juliet'].flatMap((name) => ['--sdp', capture(`healthy-${name}.sdp`)])
    const { code, out } = await diagnose(capture('healthy.pcap'), ...sdp)
    assert.equal(code, 0, out)
    assert.match(out, /No findings/)
    assert.match(out, /signals candidates: 1 host, options ice2/)
    assert.doesNotMatch(out, /were not verified/)
  })

  test('a page is written that holds the ladder and the findings and asks nobody for anything', async (t) => {
    const out = await mkdtemp(join(tmpdir(), 'assay-diagnose-'))
    t.after(() => rm(out, { recursive: true, force: true }))
    const path = join(out, 'page.html')
    await diagnose(capture('f1-data-off-selected-pair.pcap'), '--html', path)
    const page = await readFile(path, 'utf8')
    assert.match(page, /<svg class="ladder"/)
    assert.match(page, /id="finding-1"/)
    assert.match(page, /href="#finding-1"/)
    assert.match(page, /USE-CANDIDATE/)
    assert.doesNotMatch(page, /(src|href)="(?!#)/)
  })

  test('captures that are torn, of two calls, pcapng, or of other traffic are told for what they are', async (t) => {
    const out = await mkdtemp(join(tmpdir(), 'assay-diagnose-'))
    t.after(() => rm(out, { recursive: true, force: true }))
    const write = async (name: string, bytes: Uint8Array) => {
      await writeFile(join(out, name), bytes)
      return join(out, name)
    }
    const f5 = await readFile(capture('f5-nomination-by-number.pcap'))
    const torn = JSON.parse((await diagnose(await write('torn.pcap', f5.subarray(0, -9)), '--json')).out)
    assert.equal(torn.findings[0].rule, 'nomination-by-unagreed-attribute')
    assert.match(torn.notChecked[0], /torn\.pcap could be read for \d+ packets only/)

    const f1 = captures.find(({ file }) => file.startsWith('f1'))?.call()
    assert.ok(f1)
    const next = await write(
      'next.pcapng',
      pcapngFile(
        101,
        f1.packets.toSorted((x, y) => x.at - y.at),
      ),
    )
    const one = JSON.parse((await diagnose(next, '--json')).out)
    assert.equal(one.captures[0].format, 'pcapng')
    assert.deepEqual(
      one.findings.map(({ rule }: { rule: string }) => rule),
      ['data-off-selected-pair'],
    )

    const both = JSON.parse((await diagnose(next, capture('f5-nomination-by-number.pcap'), '--json')).out)
    assert.equal(both.sessions.length, 2)
    assert.deepEqual(
      both.findings
        .map(({ rule, session }: { rule: string; session: number }) => [rule, both.sessions[session].capture])
        .sort(),
      [
        ['data-off-selected-pair', 'next.pcapng'],
        ['nomination-by-unagreed-attribute', 'f5-nomination-by-number.pcap'],
      ],
    )

    const media = await write('media.pcap', Buffer.concat([f5.subarray(0, 24)]))
    const nothing = await diagnose(media, '--json')
    assert.equal(nothing.code, 0, nothing.complaints)
    assert.match(JSON.parse(nothing.out).notChecked.join(' '), /no STUN message/)
  })

  test('what is no capture, or not there, is a usage error that names it', async () => {
    for (const file of [join(folder, 'README.md'), join(folder, 'nobody.pcap')]) {
      const { code, complaints, out } = await diagnose(file)
      assert.equal(code, 2)
      assert.match(complaints, /README\.md is no capture|nobody\.pcap: ENOENT/)
      assert.equal(out, '')
    }
  })
})
