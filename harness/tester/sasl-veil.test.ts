import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SaslVeil } from './sasl-veil.ts'

const stream = `<a:auth xmlns:a='urn:x' mechanism='PLAIN'>c2VjcmV0</a:auth><iq><b>é</b></iq><response>cHJvb2Y=</response >.`
const veiled = `<a:auth xmlns:a='urn:x' mechanism='PLAIN'>[redacted]</a:auth><iq><b>é</b></iq><response>[redacted]</response >.`

test('SASL messages go, every other byte stays', () => {
  const { kept, withheld } = new SaslVeil().write(Buffer.from(stream))
  assert.equal(kept.toString(), veiled)
  assert.equal(withheld, true)
})

test('wherever the stream is cut', () => {
  for (const size of [1, 2, 3, 7, 50]) {
    const veil = new SaslVeil()
    let kept = ''
    const bytes = Buffer.from(stream)
    for (let at = 0; at < bytes.length; at += size) {
      kept += veil.write(bytes.subarray(at, at + size)).kept.toString('latin1')
    }
    const whole = Buffer.from(kept, 'latin1').toString()
    assert.equal(whole.replaceAll(/(\[redacted\])+/g, '[redacted]'), veiled, `pieces of ${size}`)
  }
})

test('markup inside a message goes with it', () => {
  const { kept } = new SaslVeil().write(Buffer.from('<auth><![CDATA[c2Vj]]>cm<x/>V0<!-- </auth>c2Vj'))
  assert.equal(kept.toString(), '<auth>[redacted]</auth>c2Vj')
})

test('elements without content hide nothing', () => {
  const text = `<success xmlns='urn:x'/><authors>we</authors><message>1 > 0 <b/></message>`
  assert.deepEqual(new SaslVeil().write(Buffer.from(text)), { kept: Buffer.from(text), withheld: false })
})
