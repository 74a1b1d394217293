import { attributeOf, stun, textOf } from '../../harness/suite/ice.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'
import { connect, has, ice } from './_ice.ts'

const control = 'rfc8445/8.1.1/controlling-agent-nominates'

export default defineSuite({ ...ice, requires: [capability('restart')] }, ({ test }) => {
  test('rfc8445/9/restart-changes-username', {
    section: '9',
    level: 'MUST',
    control,
    statement: 'an ICE restart changes the username fragment',
  }, async (fixtures) => {
    await connect(fixtures, { role: 'controlling' })
    const before = fixtures.agent.description.ufrag
    const after = await fixtures.given('the agent restarts', () => fixtures.agent.restart())
    fixtures.expect.ok(after.ufrag !== before, 'another username fragment', 'the same one')
  })

  test('rfc8445/9/restart-changes-password', {
    section: '9',
    level: 'MUST',
    security: true,
    control,
    statement: 'an ICE restart changes the password',
  }, async (fixtures) => {
    await connect(fixtures, { role: 'controlling' })
    const before = fixtures.agent.description.pwd
    const after = await fixtures.given('the agent restarts', () => fixtures.agent.restart())
    fixtures.expect.ok(after.pwd !== before, 'another password', 'the same one')
  })

  test('rfc8445/9/restart-keeps-role', {
    section: '9',
    level: 'MUST',
    control,
    statement: 'an ICE restart does not change the role',
  }, async (fixtures) => {
    const { agent, expect, given } = fixtures
    const peer = await connect(fixtures, { role: 'controlling' })
    // In a conflict the peer yields: nothing but the restart changes the agent's role.
    peer.engine.tieBreaker = 2n ** 64n - 1n
    const after = await given('the agent restarts', () => agent.restart())
    const check = await given('the agent checks again', () =>
      peer.nextRequest(({ message }) => usernameOf(message).endsWith(`:${after.ufrag}`), {
        awaited: 'a check of the new session',
        timeoutMs: 8_000,
      }),
    )
    expect.ok(has(check, stun.ICE_CONTROLLING), 'ICE-CONTROLLING', 'ICE-CONTROLLED')
  })

  test('rfc8839/4.4.2.1/follows-a-restart', {
    specification: 'RFC 8839',
    section: '4.4.2.1',
    level: 'MUST',
    control: 'rfc8445/8.1.1/controlled-agent-connects',
    statement: 'an agent whose peer restarts answers with credentials of its own that are new',
  }, async (fixtures) => {
    await connect(fixtures)
    const { ufrag, pwd } = fixtures.agent.description
    const after = await fixtures.given('the agent follows', () => fixtures.agent.followRestart())
    fixtures.expect.ok(after.ufrag !== ufrag && after.pwd !== pwd, 'new credentials', 'some that were there before')
  })

  test('rfc8445/9/checks-of-new-session-use-new-credentials', {
    section: '9',
    level: 'MUST',
    control,
    statement: 'after a restart checks carry the new fragments of both sides',
  }, async (fixtures) => {
    const { agent, given } = fixtures
    const peer = await connect(fixtures, { role: 'controlling' })
    const after = await given('the agent restarts', () => agent.restart())
    const right = `${peer.engine.own.ufrag}:${after.ufrag}`
    await peer.nextRequest(({ message }) => usernameOf(message) === right, {
      awaited: 'a check with the new username',
      timeoutMs: 8_000,
    })
  })
})

const usernameOf = (message: Parameters<typeof attributeOf>[0]): string => {
  const attribute = attributeOf(message, stun.USERNAME)
  return attribute ? textOf(attribute) : ''
}
