import { answerIn, encodeStun, stun } from '../../harness/suite/ice.ts'
import { defineSuite } from '../../harness/suite/index.ts'
import { quiet, stunSuite, withOddPadding } from './_ice.ts'

const control = 'rfc8445/7.3/right-check-is-answered'

/** Each makes a broken message of a right one. */
const broken: { slug: string; section: string; what: string; spoil: (bytes: Buffer) => Buffer }[] = [
  {
    slug: 'length-beyond-datagram',
    section: '5',
    what: 'a length that reaches behind the datagram',
    spoil: (bytes) => write16(bytes, 2, bytes.length + 400),
  },
  {
    slug: 'length-not-of-four',
    section: '5',
    what: 'a length that is no multiple of four',
    spoil: (bytes) => write16(bytes, 2, bytes.length - 19),
  },
  {
    slug: 'length-too-short',
    section: '5',
    what: 'a length that ends inside an attribute',
    spoil: (bytes) => write16(bytes, 2, 8),
  },
  {
    slug: 'attribute-beyond-message',
    section: '14',
    what: 'an attribute that reaches behind the message',
    spoil: (bytes) => write16(bytes, 22, 0xfff0),
  },
  {
    slug: 'header-cut',
    section: '5',
    what: 'a header that is cut',
    spoil: (bytes) => bytes.subarray(0, 19),
  },
  {
    slug: 'message-cut',
    section: '5',
    what: 'a message that is cut in the middle',
    spoil: (bytes) => bytes.subarray(0, bytes.length >> 1),
  },
  {
    slug: 'first-bits-set',
    section: '5',
    what: 'a message whose first two bits are not zero',
    spoil: (bytes) => write16(bytes, 0, 0x8001),
  },
]

const write16 = (bytes: Buffer, at: number, value: number): Buffer => {
  bytes.writeUInt16BE(value & 0xffff, at)
  return bytes
}

export default defineSuite(stunSuite, ({ test }) => {
  for (const { slug, section, what, spoil } of broken) {
    test(`rfc8489/${section}/survives-${slug}`, {
      section,
      level: 'none',
      security: true,
      control,
      statement: `it lives with ${what}, and gives no success for it`,
    }, async ({ meet, agent, expect }) => {
      const peer = await meet({ peer: quiet })
      const answer = await peer.unanswered((draft) => ({ ...draft, bytes: spoil(Buffer.from(encodeStun(draft))) }))
      await agent.survives(what)
      expect.ok(answer?.message.class !== 'success', 'no success', answerIn(answer), 'believed')
    })
  }

  test('rfc8489/14.3/survives-long-username', {
    section: '14.3',
    level: 'none',
    security: true,
    control,
    statement: 'it lives with a username of 2000 bytes',
  }, async ({ meet, agent, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask(
      (draft) => ({
        ...draft,
        fields: [
          { type: stun.USERNAME, value: 'x'.repeat(2_000) },
          ...draft.fields.filter(({ type }) => type !== stun.USERNAME),
        ],
      }),
      { timeoutMs: 1_000 },
    )
    await agent.survives('a long username')
    expect.ok(answer?.message.class !== 'success', 'no success', answerIn(answer), 'believed')
    expect.equal(answerIn(await peer.ask()), 'success', 'answer to a right check behind it')
  })

  test('rfc8489/14/survives-thousand-attributes', {
    section: '14',
    level: 'none',
    security: true,
    control,
    statement: 'it lives with a thousand attributes in one message',
  }, async ({ meet, agent, expect }) => {
    const peer = await meet({ peer: quiet })
    const many = Array.from({ length: 1_000 }, (_, index) => ({ type: 0xfe00 + (index % 200), value: '' }))
    await peer.ask((draft) => ({ ...draft, fields: [...draft.fields, ...many] }), { timeoutMs: 1_000 })
    await agent.survives('a thousand attributes')
    expect.equal(answerIn(await peer.ask()), 'success', 'answer to a right check behind it')
  })

  test('rfc8489/14/padding-is-ignored', {
    section: '14',
    level: 'MUST',
    control,
    statement: 'what the padding of an attribute holds does not matter',
  }, async ({ meet, expect }) => {
    const peer = await meet({ peer: quiet })
    const answer = await peer.ask(withOddPadding)
    expect.equal(answerIn(answer), 'success', 'answer')
  })

  test('rfc8489/14.8/survives-error-without-code', {
    section: '14.8',
    level: 'none',
    security: true,
    control: 'rfc8445/7.1.3/controlled-agent-says-so',
    statement: 'it lives with an error that has no code, and with one whose code is cut',
  }, async ({ meet, agent, expect, given }) => {
    let answered = 0
    const peer = await meet({
      peer: {
        checks: false,
        onAnswer: (draft) => {
          const fields = answered++ % 2 === 0 ? [] : [{ type: stun.ERROR_CODE, value: Buffer.alloc(2) }]
          return { ...draft, class: 'error', fields }
        },
      },
    })
    await given('the agent checks', () => peer.nextRequest(() => true, { awaited: 'a check' }))
    await peer.mark()
    await agent.survives('an error without a code')
    expect.ok(answered > 0, 'an error that was sent', 'none')
  })
})
