import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redactor, redactCommandLine, redacted } from './redact.ts'

const password = `p&ss<w'o"rd> é/+?`
const redactor = new Redactor([{ jid: 'romeo@example.org', password }])
const gone = (text: string) => {
  const clean = redactor.text(text)
  assert.ok(clean.includes(redacted), `${text} became ${clean}`)
  return clean
}

test('a secret goes in every form that the wire gives it', () => {
  gone(`password ${password}.`)
  gone(`<p>p&amp;ss&lt;w'o"rd&gt; é/+?</p>`)
  gone(`<p a='p&amp;ss&lt;w&apos;o&quot;rd&gt; é/+?'/>`)
  gone(encodeURIComponent(password))
  gone(JSON.stringify({ password }))
  gone(Buffer.from(password).toString('base64'))
  gone(Buffer.from(password).toString('base64url'))
  gone(Buffer.from(password).toString('hex'))
})

test('SASL PLAIN goes as a whole, and a secret inside any other base64 too', () => {
  const plain = Buffer.from(`\0romeo\0${password}`).toString('base64')
  assert.equal(gone(`<auth>${plain}</auth>`), `<auth>${redacted}</auth>`)
  for (const before of ['', 'a', 'ab', 'abc']) {
    const text = Buffer.from(`${before}${password}and more`).toString('base64')
    assert.ok(!Buffer.from(gone(text).replace(redacted, ''), 'base64').toString().includes(password))
  }
})

test('a whole value is cleaned, and other values stay the same', () => {
  const value = { a: [`x${password}y`, 1, null], b: { c: true } }
  assert.deepEqual(redactor.value(value), { a: [`x${redacted}y`, 1, null], b: { c: true } })
  assert.equal(new Redactor().text('nothing'), 'nothing')
})

test('a password of two letters is not looked for', () => {
  assert.equal(new Redactor([{ password: 'ab' }]).text('about'), 'about')
})

test('a command line keeps the accounts and loses their passwords', () => {
  const argv = ['run', '--account', 'a@b:secret', 'c@d:se:cret', '--jobs', '4', '--account=e@f:secret']
  assert.deepEqual(redactCommandLine(argv), [
    'run',
    '--account',
    `a@b:${redacted}`,
    `c@d:${redacted}`,
    '--jobs',
    '4',
    `--account=e@f:${redacted}`,
  ])
})
