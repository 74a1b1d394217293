// Cases about servers are shown to be able to fail by a real server whose answers are changed on the way. This asks it
// of a few; `npm run prove` asks it of all.
import assert from 'node:assert/strict'
import { loadSuites } from '../../harness/plan/load-suites.ts'
import { dockerTest } from '../support/docker-test.ts'
import { proveCases } from './prove-cases.ts'

dockerTest('cases about ping and version pass on Prosody, and each notices a mistake', async () => {
  const suites = (await loadSuites())
    .filter(({ id, suite }) => suite.role === 'xmpp-server' && /^xep-0(199|092)/.test(id))
    .map(({ suite }) => suite)
  const proofs = await proveCases('prosody@13.0.7', suites)
  assert.ok(proofs.length >= 8, `${proofs.length} cases`)
  for (const { id, verdict, noticed } of proofs) {
    assert.equal(verdict, 'pass', id)
    assert.ok(noticed, `${id} notices no mistake`)
  }
})
