import { answerIn } from '../../harness/suite/ice.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'
import { ice, nominating, quiet } from './_ice.ts'

const control = 'rfc8445/7.3/right-check-is-answered'

export default defineSuite({ ...ice, requires: [capability('lite')] }, ({ test }) => {
  test('rfc8445/6.2/lite-agent-never-checks', {
    section: '6.2',
    level: 'MUST',
    control,
    statement: 'a lite agent sends no checks',
  }, async ({ meet, expect }) => {
    const peer = await meet({ lite: true, peer: quiet })
    await peer.paced(4)
    await peer.ask(nominating)
    await peer.paced(4)
    expect.equal(peer.requests.length, 0, 'checks')
  })

  test('rfc8445/7.3.2/lite-agent-takes-nomination', {
    section: '7.3.2',
    level: 'MUST',
    control,
    statement: 'a lite agent uses the pair of a check with USE-CANDIDATE at once',
  }, async ({ meet, agent, expect }) => {
    const peer = await meet({ lite: true, peer: quiet })
    expect.equal(answerIn(await peer.ask(nominating)), 'success', 'answer')
    await agent.connected()
  })
})
