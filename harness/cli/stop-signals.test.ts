import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stopSignals } from './stop-signals.ts'

test('the first signal stops gracefully, and one keystroke that comes twice is one', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1000 })
  let told = 0
  const before = process.listenerCount('SIGINT')
  const { stop, kill, release } = stopSignals(() => {
    told++
  })
  process.emit('SIGINT')
  process.emit('SIGINT')
  assert.deepEqual([stop.aborted, kill.aborted, told], [true, false, 1])
  t.mock.timers.setTime(2000)
  process.emit('SIGTERM')
  assert.equal(kill.aborted, true)
  release()
  assert.equal(process.listenerCount('SIGINT'), before)
})
