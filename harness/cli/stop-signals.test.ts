import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { stopSignals } from './stop-signals.ts'

test('the first signal stops gracefully, and one keystroke that comes twice is one', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1000 })
  let told = 0
  const source = new EventEmitter()
  const { stop, kill, release } = stopSignals(() => {
    told++
  }, source)
  source.emit('SIGINT')
  source.emit('SIGINT')
  assert.deepEqual([stop.aborted, kill.aborted, told], [true, false, 1])
  t.mock.timers.setTime(2000)
  source.emit('SIGTERM')
  assert.equal(kill.aborted, true)
  release()
  assert.equal(source.listenerCount('SIGINT'), 0)
})
