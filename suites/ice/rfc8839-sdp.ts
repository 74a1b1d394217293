import { answerIn, type IceDescription, sdpSections } from '../../harness/suite/ice.ts'
import { capability, defineSuite, Inconclusive } from '../../harness/suite/index.ts'
import { quiet } from './_ice.ts'

const control = 'rfc8445/8.1.1/controlled-agent-connects'
const iceChars = /^[A-Za-z0-9+/]+$/

/** Puts a line before the candidates of an SDP. */
const before =
  (line: string) =>
  (sdp: string): string =>
    sdp.replace(/^a=candidate:/m, `a=${line}\r\na=candidate:`)

const defaultDestination =
  (address: string, port: number) =>
  (sdp: string): string =>
    sdp.replace(/^(m=\S+) \d+/m, `$1 ${port}`).replace(/^c=.*$/m, `c=IN IP4 ${address}`)

export default defineSuite(
  { specification: 'RFC 8839', title: 'SDP Offer/Answer Procedures for ICE', category: 'A/V', role: 'ice-agent' },
  ({ test }) => {
    test('rfc8839/5.4/credentials-are-ice-chars', {
      section: '5.4',
      level: 'MUST',
      statement: 'username fragment and password are made of letters, digits, + and /',
    }, async ({ meet, agent, expect }) => {
      await meet()
      const { ufrag, pwd } = agent.description
      expect.ok(iceChars.test(ufrag), 'ice-chars in the username fragment', `"${ufrag}"`)
      expect.ok(iceChars.test(pwd), 'ice-chars in the password', 'others')
    })

    test('rfc8839/5.4/username-is-short', {
      section: '5.4',
      level: 'MUST',
      statement: 'the username fragment that it sends has at most 32 characters',
    }, async ({ meet, agent, expect }) => {
      await meet()
      const { length } = agent.description.ufrag
      expect.ok(length <= 32, 'up to 32 characters', `${length}`)
    })

    test('rfc8839/5.4/long-username-is-taken', {
      section: '5.4',
      level: 'MUST',
      control,
      statement: 'a username fragment of 256 characters is taken, and used in checks',
    }, async (fixtures) => {
      const { meet, agent, expect } = fixtures
      const long = 'u'.repeat(256)
      const tell = (description: IceDescription) => ({ ...description, ufrag: long })
      const peer = await meet({ peer: quiet, tell })
      peer.engine.own = { ...peer.engine.own, ufrag: long }
      expect.equal(answerIn(await peer.ask()), 'success', 'answer to a check with it')
      await agent.survives('a long username')
      await peer.nextRequest(() => true, { awaited: 'a check with the long username' })
    })

    test('rfc8839/5.1/foundation-is-of-ice-chars', {
      section: '5.1',
      level: 'MUST',
      statement: 'foundations are made of ice-chars',
    }, async ({ meet, agent, expect }) => {
      await meet()
      const odd = agent.description.candidates.find(({ foundation }) => !iceChars.test(foundation))
      expect.ok(!odd, 'ice-chars', `"${odd?.foundation}"`)
    })

    test('rfc8839/5.1/addresses-are-no-names', {
      section: '5.1',
      level: 'MUST',
      statement: 'the candidates that it tells hold addresses, not names',
    }, async ({ meet, agent, expect }) => {
      await meet()
      const named = agent.description.candidates.find(({ address }) => !/^[0-9.]+$|:/.test(address))
      expect.ok(!named, 'addresses', `"${named?.address}"`)
    })

    test('rfc8839/5.1/host-candidate-has-no-related-address', {
      section: '5.1',
      level: 'MUST',
      statement: 'a host candidate has no related address, and every other one has',
    }, async ({ meet, agent, expect }) => {
      await meet()
      for (const { type, related, address } of agent.description.candidates) {
        expect.ok(
          (type === 'host') === (related === undefined),
          `${type === 'host' ? 'no' : 'a'} related address`,
          `${related?.address} of the ${type} candidate ${address}`,
        )
      }
    })

    test('rfc8839/4.2.1.4/full-agent-is-not-lite', {
      section: '4.2.1.4',
      level: 'MUST',
      statement: 'a full agent does not say that it is lite',
    }, async ({ meet, agent, expect }) => {
      await meet()
      expect.ok(!agent.description.lite, 'no ice-lite', 'ice-lite')
    })

    test('rfc8839/4.2.1.2/default-candidate-is-a-candidate', {
      section: '4.2.1.2',
      level: 'MUST',
      requires: [capability('sdp')],
      statement: 'the default destination, in the c= and m= lines, is one of the candidates, or 0.0.0.0 port 9',
    }, async ({ meet, agent, expect }) => {
      await meet()
      const { session, media } = sdpSections(agent.sdp ?? '')
      const section = media[0] ?? []
      const address = [...section, ...session].find((line) => line.startsWith('c='))?.split(' ')[2]
      const port = Number(section[0]?.split(' ')[1])
      const known = agent.description.candidates.some((one) => one.address === address && one.port === port)
      expect.ok(known || port === 9, 'one of its candidates', `${address} port ${port}`)
    })

    test('rfc8839/5.1/unknown-extension-is-ignored', {
      section: '5.1',
      level: 'MUST',
      control,
      statement: 'names and values behind a candidate that the agent does not know are ignored, the candidate is used',
    }, async (fixtures) => {
      const tell = (description: IceDescription): IceDescription => ({
        ...description,
        candidates: description.candidates.map((one) => ({ ...one, extensions: [['x-assay', 'what']] })),
      })
      const peer = await fixtures.meet({ peer: quiet, tell })
      await peer.nextRequest(() => true, { awaited: 'a check', timeoutMs: 8_000 })
    })

    const odd = [
      { slug: 'unknown-type', level: 'none', what: 'of an unknown type', part: { type: 'teleported' } },
      { slug: 'unknown-transport', level: 'none', what: 'over an unknown transport', part: { transport: 'smoke' } },
      { slug: 'name', level: 'MUST', what: 'with a name for its address', part: { address: 'nowhere.invalid' } },
    ] as const
    for (const { slug, level, what, part } of odd) {
      test(`rfc8839/5.1/candidate-with-${slug}-is-ignored`, {
        section: '5.1',
        level,
        control,
        statement: `a candidate ${what} is ignored, and the others are used`,
      }, async ({ meet, agent }) => {
        const tell = (description: IceDescription): IceDescription => {
          const strange = description.candidates.map((one) => ({ ...one, foundation: '77', priority: 100, ...part }))
          return { ...description, candidates: [...strange, ...description.candidates] }
        }
        const peer = await meet({ mustTake: true, peer: quiet, tell })
        await peer.nextRequest(() => true, { awaited: 'a check of the right candidate', timeoutMs: 8_000 })
        await agent.survives(`a candidate ${what}`)
      })
    }

    test('rfc8839/4.2.5/default-of-zero-is-no-failure', {
      section: '4.2.5',
      level: 'MUST',
      control,
      requires: [capability('sdp')],
      statement: 'a default destination of 0.0.0.0 and port 9 is no failure: ICE goes on',
    }, async ({ meet, agent }) => {
      await meet({ mustTake: true, sdp: defaultDestination('0.0.0.0', 9) })
      await agent.connected()
    })

    test('rfc8839/4.2.5/default-name-is-no-failure', {
      section: '4.2.5',
      level: 'MUST',
      control,
      requires: [capability('sdp')],
      statement: 'a default destination that is a name is no failure: ICE goes on',
    }, async ({ meet, agent }) => {
      await meet({ mustTake: true, sdp: defaultDestination('peer.invalid', 5_000) })
      await agent.connected()
    })

    test('rfc8839/4.2.5/peer-without-ice2-is-taken', {
      section: '4.2.5',
      level: 'none',
      control,
      statement: 'a peer that does not tell the option "ice2" is taken for one of RFC 5245, and ICE goes on',
    }, async ({ meet, agent }) => {
      await meet({ mustTake: true, tell: (description) => ({ ...description, options: [] }) })
      await agent.connected()
    })

    const broken = [
      'candidate:',
      'candidate:1 1 udp',
      'candidate:1 999 udp 99999999999999999999 127.0.0.1 70000 typ host',
      `candidate:${'f'.repeat(3_000)} 1 udp 1 127.0.0.1 4000 typ host`,
      'candidate:1 1 udp -5 127.0.0.1 -1 typ host',
      'candidate:1 1 udp 1 256.256.256.256 4000 typ host',
    ]
    for (const [index, line] of broken.entries()) {
      test(`rfc8839/5.1/survives-broken-candidate-${index + 1}`, {
        section: '5.1',
        level: 'none',
        security: true,
        control,
        requires: [capability('sdp')],
        statement: `it lives with the candidate "${line.slice(0, 40)}"`,
      }, async ({ meet, agent }) => {
        await meet({ peer: quiet, sdp: before(line) }).catch((error: unknown) => {
          // It may refuse the description: what counts is that it lives.
          if (!(error instanceof Inconclusive)) throw error
        })
        await agent.survives('a broken candidate')
      })
    }

    test('rfc8839/4.2.5/connects-to-a-lite-peer', {
      section: '4.2.5',
      level: 'MUST',
      control: 'rfc8445/6.1.1/full-agent-controls-lite-peer',
      statement: 'it connects to a lite peer, which answers and never checks',
    }, async ({ meet, agent }) => {
      await meet({ role: 'controlling', peer: { lite: true, role: 'controlled' } })
      await agent.connected()
    })
  },
)
