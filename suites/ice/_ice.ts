import {
  attributeOf,
  type Draft,
  encodeStun,
  fingerprintOf,
  type IceDescription,
  type IceFixtures,
  type IcePeer,
  integrityOf,
  type MeetOptions,
  type Seen,
  stun,
  withField,
} from '../../harness/suite/ice.ts'

/** Head of the suites about RFC 8445 and RFC 8489. */
export const ice = {
  specification: 'RFC 8445',
  title: 'Interactive Connectivity Establishment (ICE)',
  category: 'A/V',
  role: 'ice-agent',
} as const

export const stunSuite = {
  specification: 'RFC 8489',
  title: 'Session Traversal Utilities for NAT (STUN)',
  category: 'A/V',
  role: 'ice-agent',
} as const

/** A peer that answers and never asks by itself. */
export const quiet = { checks: false } as const

/** A peer that neither asks nor answers. */
export const mute = { checks: false, onAnswer: () => 'silent' as const }

/** Brings both together and waits until the agent says that it is connected. */
export async function connect({ meet, agent, given }: IceFixtures, options?: MeetOptions): Promise<IcePeer> {
  const peer = await meet(options)
  await given('the agent connects', () => agent.connected())
  return peer
}

/** The agent's first check. */
export const firstCheck = ({ given }: IceFixtures, peer: IcePeer): Promise<Seen> =>
  given('the agent checks', () => peer.nextRequest(() => true, { awaited: 'a check' }))

/** So many checks of the agent that differ in their transactions. */
export async function checksOf(
  { given }: IceFixtures,
  peer: IcePeer,
  count: number,
  timeoutMs = 8_000,
): Promise<Seen[]> {
  const known = new Map<string, Seen>()
  await given(`the agent sends ${count} checks`, async () => {
    while (known.size < count) {
      const seen = await peer.nextRequest(() => true, { awaited: `${count} checks`, timeoutMs })
      if (!known.has(seen.message.transactionId)) known.set(seen.message.transactionId, seen)
    }
  })
  return [...known.values()]
}

export const has = ({ message }: Seen, type: number): boolean => attributeOf(message, type) !== undefined

/** Puts a nomination into a check of the peer. */
export const nominating = (draft: Draft): Draft => withField(draft, stun.USE_CANDIDATE, '')

export const isNomination = (seen: Seen): boolean => has(seen, stun.USE_CANDIDATE)

/** Milliseconds between two things that came. */
export const between = (a: { at: number }, b: { at: number }): number => (b.at - a.at) / 1_000

/** Asks from a socket and lets the agent nominate nothing: the pair becomes valid on the agent's side when it checked it. */
export async function validated(fixtures: IceFixtures, peer: IcePeer): Promise<void> {
  await fixtures.given('the agent checks every pair', async () => {
    for (const socket of peer.sockets) {
      await peer.ask(undefined, { via: socket })
      if (!peer.requests.some((seen) => seen.socket === socket)) {
        await peer.nextRequest((seen) => seen.socket === socket, { awaited: 'a check of each pair', timeoutMs: 8_000 })
      }
    }
  })
}

/** Tells the agent of the peer's first candidate alone. */
export const firstAlone = (description: IceDescription): IceDescription => ({
  ...description,
  candidates: description.candidates.slice(0, 1),
})

/** Changes the bytes of a message that is otherwise right. */
export function withBytes(draft: Draft, change: (bytes: Buffer) => void): Draft {
  const bytes = Buffer.from(encodeStun(draft))
  change(bytes)
  return { ...draft, bytes }
}

export const withWrongFingerprint = (draft: Draft): Draft =>
  withBytes(draft, (bytes) => {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0xff
  })

/** Changes the bytes of a message before they are signed. */
export function signedAfter(draft: Draft, change: (bytes: Buffer) => void): Draft {
  const bytes = Buffer.from(encodeStun({ ...draft, key: undefined, fingerprint: false }))
  change(bytes)
  const integrity = integrityOf(bytes, draft.key ?? Buffer.alloc(0), 'sha1', 20)
  const signed = Buffer.concat([bytes, Buffer.from([0, stun.MESSAGE_INTEGRITY, 0, 20]), integrity])
  return { ...draft, bytes: fingerprinted(signed) }
}

/** An attribute of six bytes with padding that is not zero. */
export const withOddPadding = (draft: Draft): Draft =>
  signedAfter({ ...draft, fields: [{ type: 0xff18, value: 'paddedxx' }, ...draft.fields] }, (bytes) =>
    bytes.writeUInt16BE(6, 22),
  )

function fingerprinted(before: Buffer): Buffer {
  const print = Buffer.alloc(8)
  print.writeUInt16BE(stun.FINGERPRINT, 0)
  print.writeUInt16BE(4, 2)
  print.writeUInt32BE(fingerprintOf(before), 4)
  const bytes = Buffer.concat([before, print])
  bytes.writeUInt16BE(bytes.length - 20, 2)
  return bytes
}

/** Puts an attribute between MESSAGE-INTEGRITY and FINGERPRINT, where nothing covers it. */
export function behindIntegrity(draft: Draft, type: number): Draft {
  const signed = Buffer.from(encodeStun({ ...draft, fingerprint: false }))
  const attribute = Buffer.alloc(8)
  attribute.writeUInt16BE(type, 0)
  attribute.writeUInt16BE(4, 2)
  return { ...draft, bytes: fingerprinted(Buffer.concat([signed, attribute])) }
}
