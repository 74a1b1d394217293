import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feedMutations } from '../testing/feed-mutations.ts'
import { seededRandom } from '../testing/mutations.ts'

test('twenty thousand mutated packets never throw; npm run bench -- wire has the million', () => {
  const seed = Math.floor(Math.random() * 2 ** 32)
  try {
    const { messages } = feedMutations(20_000, seededRandom(seed))
    assert.ok(messages > 10_000)
  } catch (error) {
    throw new Error(`with seed ${seed}`, { cause: error })
  }
})
