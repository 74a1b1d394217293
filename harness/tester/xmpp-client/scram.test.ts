import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Scram, scramHash } from './scram.ts'

test('SCRAM-SHA-1 makes the messages of RFC 5802 §5', async () => {
  const scram = new Scram({ hash: 'sha1', username: 'user', password: 'pencil', nonce: 'fyko+d2lbbFgONRv9qkxdawL' })
  assert.equal(scram.first(), 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')
  const serverFirst = 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096'
  const final = await scram.final(serverFirst)
  assert.equal(final, 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=')
  assert.ok(scram.verifies('v=rmF9pqV8S7suAoZWja4dJRkFsKQ='))
  assert.ok(!scram.verifies('v=rmF9pqV8S7suAoZWja4dJRkFsKA='))
  assert.ok(!scram.verifies(''))
})

test('SCRAM-SHA-256 makes the messages of RFC 7677 §3', async () => {
  const scram = new Scram({ hash: 'sha256', username: 'user', password: 'pencil', nonce: 'rOprNGfwEbeRWgbNEkqO' })
  const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096'
  assert.equal(
    await scram.final(serverFirst),
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  )
  assert.ok(scram.verifies('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))
})

test('names with a comma or an equals sign are escaped', () => {
  const scram = new Scram({ hash: 'sha1', username: 'a=b,c', password: '', nonce: 'x' })
  assert.equal(scram.first(), 'n,,n=a=3Db=2Cc,r=x')
})

test('a server-first-message without its parts is refused', async () => {
  const scram = new Scram({ hash: 'sha1', username: 'a', password: 'b' })
  await assert.rejects(scram.final('r=abc'), /not a server-first-message/)
})

test('the hash follows from the name of the mechanism', () => {
  assert.equal(scramHash('SCRAM-SHA-256-PLUS'), 'sha256')
  assert.equal(scramHash('PLAIN'), undefined)
})
