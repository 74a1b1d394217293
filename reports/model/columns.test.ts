import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrangeColumns } from './columns.ts'
import { cellOf } from './testing.ts'

const shape = (cells: Parameters<typeof arrangeColumns>[0]) =>
  arrangeColumns(cells).map(({ title, groups }) => [
    title,
    groups.map((group) => [group.title, group.version, group.columns.map((column) => column.label)]),
  ])

test('servers stand by family, versions in their order', () => {
  const cells = [cellOf('prosody 13.0.7', {}), cellOf('ejabberd 23.01', {}), cellOf('prosody 0.11.9', {})]
  assert.deepEqual(shape(cells), [
    [
      'Servers',
      [
        ['ejabberd', undefined, ['23.01']],
        ['prosody', undefined, ['0.11.9', '13.0.7']],
      ],
    ],
  ])
})

test('clients of one version stand by transport, under a heading with the version', () => {
  const cells = ['websocket', 'starttls'].map((transport) =>
    cellOf('stanza 12', {}, { environment: { runtime: 'embedded', transport } }),
  )
  assert.deepEqual(shape(cells), [['Servers', [['stanza', '12', ['starttls', 'websocket']]]]])
})

test('two versions over two transports are told apart by both', () => {
  const cells = ['11', '12'].flatMap((version) =>
    ['tcp', 'ws'].map((transport) => cellOf(`stanza ${version}`, {}, { environment: { transport } })),
  )
  assert.deepEqual(shape(cells), [['Servers', [['stanza', undefined, ['11 tcp', '11 ws', '12 tcp', '12 ws']]]]])
})

test('pairs are a panel of their own, under the first of both', () => {
  const agent = (id: string) => ({ id, name: id, version: '1', family: id, role: 'ice-agent' })
  const pair = cellOf('x 1', {}, { implementations: [agent('werift'), agent('libnice')] })
  assert.deepEqual(shape([pair]), [['Pairs of ICE agents', [['werift 1 ×', undefined, ['libnice 1']]]]])
  assert.equal(arrangeColumns([pair])[0]?.columns[0]?.name, 'werift 1 × libnice 1')
})
