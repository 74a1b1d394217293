import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleResults } from '../../tests/report/sample-run.ts'
import { codeMarkdown, escapeMarkdown, proseMarkdown } from './escape-markdown.ts'
import { toMarkdown } from './to-markdown.ts'

test('each cell has a row with its counts', () => {
  const text = toMarkdown(sampleResults())
  assert.match(text, /^\| Prosody 13\.0\.7 \| \d+ \| \d+ \|/m)
  assert.match(text, /^\| ejabberd 24\.12 \|.*did not run/m)
})

test('failures are listed with the specification and who breaks them', () => {
  assert.match(
    toMarkdown(sampleResults()),
    /^- \[XEP-0280 § 1\.2\]\(https:.+\) a request .+ \(MUST\)\n {2}— Prosody 0\.11\.9, /m,
  )
})

test('nothing from a run becomes HTML, a link, an image or a mention', () => {
  const text = toMarkdown(sampleResults()).replace(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
  assert.doesNotMatch(text, /<(script|img|svg)|javascript:|!\[|@xmpp/)
})

test('markup is escaped, also in code', () => {
  assert.equal(escapeMarkdown('a|b\n<i>*x*</i> @team'), 'a\\|b &#60;i&#62;\\*x\\*&#60;/i&#62; &#64;team')
  assert.equal(escapeMarkdown('[a](https://b) #1: (c)'), '\\[a\\](https&#58;//b) \\#1: (c)')
  assert.equal(proseMarkdown('names `<from/>` & *all*'), 'names `<from/>` &#38; \\*all\\*')
  assert.equal(codeMarkdown('a``b|c\nd'), '``` a``b¦c d ```')
})
