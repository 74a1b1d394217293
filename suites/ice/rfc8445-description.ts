import { priorityParts } from '../../harness/suite/ice.ts'
import { capability, defineSuite } from '../../harness/suite/index.ts'
import { ice } from './_ice.ts'

export default defineSuite(ice, ({ test }) => {
  test('rfc8445/5.1.2/priority-in-range', {
    section: '5.1.2',
    level: 'MUST',
    statement: 'the priority of each candidate lies between 1 and 2^31 - 1',
  }, async ({ meet, agent, expect }) => {
    await meet()
    const odd = agent.description.candidates.find(({ priority }) => priority < 1 || priority >= 2 ** 31)
    expect.ok(!odd, 'priorities between 1 and 2147483647', `${odd?.priority}`)
  })

  test('rfc8445/5.1.2/priorities-are-unique', {
    section: '5.1.2',
    level: 'MUST',
    statement: 'no two candidates of a data stream have the same priority',
  }, async ({ meet, agent, expect }) => {
    await meet()
    const priorities = agent.description.candidates.map(({ priority }) => priority)
    expect.ok(new Set(priorities).size === priorities.length, 'a priority of its own for each', priorities.join(', '))
  })

  test('rfc8445/5.1.2/priority-by-formula', {
    section: '5.1.2',
    level: 'SHOULD',
    statement:
      'priorities are made by the recommended formula: the last byte tells the component, the first a type from 0 to 126',
  }, async ({ meet, agent, expect }) => {
    await meet()
    for (const { priority, component, address } of agent.description.candidates) {
      const parts = priorityParts(priority)
      const fits = parts.component === component && parts.type <= 126 && parts.type > 0
      expect.ok(
        fits,
        `a priority that ends in ${256 - component}, with a type of up to 126`,
        `${priority} of ${address}`,
      )
    }
  })

  test('rfc8445/5.1.1.3/foundation-per-type', {
    section: '5.1.1.3',
    level: 'MUST',
    statement: 'candidates of different types have different foundations',
  }, async ({ meet, agent, expect }) => {
    await meet()
    const types = new Map<string, string>()
    for (const { foundation, type } of agent.description.candidates) {
      const known = types.get(foundation) ?? type
      expect.ok(known === type, `a foundation of its own for ${type}`, `"${foundation}" of ${known} and of ${type}`)
      types.set(foundation, type)
    }
  })

  test('rfc8445/5.3/credentials-are-new-each-time', {
    section: '5.3',
    level: 'MUST',
    security: true,
    statement: 'each session has a username fragment and a password of its own that nobody can guess',
  }, async ({ meet, agent, another, expect }) => {
    await meet({ role: 'controlling' })
    const other = await another()
    expect.ok(other.ufrag !== agent.description.ufrag, 'another username fragment', other.ufrag)
    expect.ok(other.pwd !== agent.description.pwd, 'another password', 'the same one')
  })

  test('rfc8445/5.3/password-has-128-bits', {
    section: '5.3',
    level: 'MUST',
    security: true,
    statement: 'the password is long enough for 128 random bits: 22 characters of six bits each',
  }, async ({ meet, agent, expect }) => {
    await meet()
    const { length } = agent.description.pwd
    expect.ok(length >= 22, 'at least 22 characters', `${length}`)
  })

  test('rfc8445/5.3/username-has-24-bits', {
    section: '5.3',
    level: 'MUST',
    statement: 'the username fragment is long enough for 24 random bits: four characters of six bits each',
  }, async ({ meet, agent, expect }) => {
    await meet()
    const { ufrag } = agent.description
    expect.ok(ufrag.length >= 4, 'at least 4 characters', `"${ufrag}"`)
  })

  test('rfc8445/5.3/foundation-is-short', {
    section: '5.3',
    level: 'MUST',
    statement: 'a foundation has at most 32 characters',
  }, async ({ meet, agent, expect }) => {
    await meet()
    const long = agent.description.candidates.find(({ foundation }) => foundation.length > 32)
    expect.ok(!long, 'foundations of up to 32 characters', `"${long?.foundation}"`)
  })

  test('rfc8445/10/tells-ice2', {
    section: '10',
    level: 'MUST',
    requires: [capability('sdp')],
    statement: 'it tells the peer by the option "ice2" that it follows this specification',
  }, async ({ meet, agent, expect }) => {
    await meet()
    const { options } = agent.description
    expect.ok(options.includes('ice2'), 'the option "ice2"', options.join(' ') || 'no option')
  })

  test('rfc8445/5.3/describes-a-candidate', {
    section: '5.3',
    level: 'MUST',
    statement: 'without trickling, its description holds at least one candidate',
  }, async ({ meet, agent, expect }) => {
    await meet()
    expect.ok(agent.description.candidates.length > 0, 'a candidate', 'none')
  })
})
