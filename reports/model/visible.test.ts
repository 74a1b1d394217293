import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visible } from './visible.ts'

test('control characters become pictures, line feeds and tabs stay', () => {
  assert.equal(visible('a\u0000b\u001b[1m\r\n\tc\u007f'), 'a␀b␛[1m␍\n\tc␡')
})

test('bidirectional overrides and other invisible characters become code points', () => {
  assert.equal(visible('\u202Egnp.exe\u2066\u200B\uFEFF'), '‹U+202E›gnp.exe‹U+2066›‹U+200B›‹U+FEFF›')
})

test('lone surrogates become code points, pairs stay', () => {
  assert.equal(visible('\uD800 🙂'), '‹U+D800› 🙂')
})

test('joiners stay, so that emoji and scripts that need them can be read', () => {
  assert.equal(visible('👩\u200D🚀'), '👩\u200D🚀')
})
