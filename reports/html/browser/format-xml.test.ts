import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatXml } from './format-xml.ts'

const show = (text: string) =>
  formatXml(text).map(({ depth, tokens }) => '  '.repeat(depth) + tokens.map((token) => token.text).join(''))

test('elements are indented, those with text alone stay on one line', () => {
  assert.deepEqual(show("<message to='a'><body>hi</body><x xmlns='y'><z/></x></message>"), [
    "<message to='a'>",
    '  <body>hi</body>',
    "  <x xmlns='y'>",
    '    <z/>',
    '  </x>',
    '</message>',
  ])
})

test('what follows a stream header is not indented under it', () => {
  assert.deepEqual(
    show("<?xml version='1.0'?><stream:stream version='1.0'><stream:features><bind/></stream:features>"),
    ["<?xml version='1.0'?>", "<stream:stream version='1.0'>", '<stream:features>', '  <bind/>', '</stream:features>'],
  )
})

test('a greater-than sign inside an attribute does not end the tag', () => {
  assert.deepEqual(show('<a b="x>y"><c/></a>'), ['<a b="x>y">', '  <c/>', '</a>'])
})

test('half a stanza, closing tags alone and what is not XML come through', () => {
  assert.deepEqual(show('<message><bo'), ['<message>', '  <bo'])
  assert.deepEqual(show('</a></b>'), ['</a>', '</b>'])
  assert.deepEqual(show('GET / HTTP/1.1'), ['GET / HTTP/1.1'])
  assert.deepEqual(show(' '), [' '])
})

test('six thousand unclosed quotes are laid out in no time', () => {
  const start = performance.now()
  formatXml('<a "'.repeat(1500))
  assert.ok(performance.now() - start < 1000)
})
