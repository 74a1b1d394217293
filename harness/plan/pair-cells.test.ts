import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { manifestSchema } from '../lab/implementation.ts'
import type { CatalogueCase } from '../record/results-schema.ts'
import { isPairMeant, pairCells } from './pair-cells.ts'
import type { RegisteredVariant } from './registry.ts'

const agent = (id: string, capabilities: string[]): RegisteredVariant => {
  const manifest = manifestSchema.parse({
    id,
    name: id,
    family: id,
    homepage: 'https://example.org/',
    roles: ['ice-agent'],
    runtime: 'embedded',
    capabilities,
    variants: [{ version: '1.0', source: { kind: 'npm', package: id } }],
  })
  const [variant] = manifest.variants
  if (!variant) throw new Error('no variant')
  return { manifest, variant, available: true }
}

const cases = [{ id: 'rfc8445/12.1/pair', role: 'ice-pair' } as CatalogueCase]
const both = ['controlling', 'controlled']
const idsOf = (variants: RegisteredVariant[], nats?: string[]) =>
  pairCells(variants, cases, nats).map(({ cell }) => cell.id)

describe('pairs of ICE agents', () => {
  it('are ordered, an agent with itself too', () => {
    const agents = [agent('a', ['data-channel', ...both]), agent('b', ['data-channel', ...both])]
    assert.deepEqual(idsOf(agents), ['a@1.0~a@1.0', 'a@1.0~b@1.0', 'b@1.0~a@1.0', 'b@1.0~b@1.0'])
  })

  it('are not made up where two have nothing in common', () => {
    assert.deepEqual(idsOf([agent('a', ['data-channel', 'controlling']), agent('b', ['raw-ice', 'controlled'])]), [])
  })

  it('are not made up where one lacks its role', () => {
    assert.deepEqual(idsOf([agent('a', ['raw-ice', ...both]), agent('b', ['raw-ice', 'controlled'])]), [
      'a@1.0~a@1.0',
      'a@1.0~b@1.0',
    ])
  })

  it('have a cell for each kind of NAT that is asked', () => {
    assert.deepEqual(idsOf([agent('a', ['raw-ice', ...both])], ['none', 'symmetric']), [
      'a@1.0~a@1.0',
      'a@1.0~a@1.0+symmetric',
    ])
  })

  it('are meant by their halves, with versions or without', () => {
    const [, second] = pairCells([agent('a', ['raw-ice', ...both]), agent('b', ['raw-ice', ...both])], cases)
    assert.ok(second)
    assert.deepEqual(
      ['a~b', 'a@1.0~b', 'a~b+symmetric', 'b~a', 'a@2~b', 'a'].map((word) => isPairMeant(word, second.cell)),
      [true, true, true, false, false, false],
    )
  })
})
