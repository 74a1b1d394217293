import { randomBytes } from 'node:crypto'
import type { Account, ServerEndpoints } from '../lab/lab.ts'
import { expect } from '../suite/expect.ts'
import type { ConnectOptions, RawSessionOptions, RoomOptions, ServerFixtures } from '../suite/server-fixtures.ts'
import { Inconclusive, Unsupported } from '../suite/verdict-errors.ts'
import { Interference } from '../tester/interference.ts'
import type { Mistake } from '../tester/mistakes.ts'
import type { CaseRecorder } from '../tester/recorder.ts'
import { type OpenOptions, RawStream } from '../tester/xmpp-client/raw-stream.ts'
import { Room } from '../tester/xmpp-client/room.ts'
import { Session } from '../tester/xmpp-client/session.ts'
import { httpExchange } from './http-exchange.ts'

/** Bound on each step of undoing, milliseconds. */
const undoTimeoutMs = 2_000

export interface ServerFixtureParts {
  endpoints: ServerEndpoints
  services: ServerEndpoints['services']
  recorder: CaseRecorder
  /** A fresh account; throws Inconclusive where there are no more. */
  takeAccount: (name: string, nodeOwner?: boolean) => Promise<Account>
  /** Makes every case meet a server with this mistake, to show that it would notice. */
  mistake?: Mistake
}

/** Makes the fixtures of one attempt at a server case, and what undoes them. */
export function serverFixtures(parts: ServerFixtureParts): { fixtures: ServerFixtures; undo: () => Promise<void> } {
  const { endpoints, services, recorder } = parts
  const interference = parts.mistake && new Interference(parts.mistake)
  const accounts = new Map<string, Promise<Account>>()
  const undos: (() => Promise<void>)[] = []
  const connections: { close(): Promise<void> }[] = []

  const given = <T>(what: string, step: () => Promise<T>): Promise<T> =>
    interference ? interference.leadUp(() => reach(what, step)) : reach(what, step)

  const account = (name: string, nodeOwner = false): Promise<Account> => {
    let found = accounts.get(name)
    if (!found) {
      found = parts.takeAccount(name, nodeOwner)
      accounts.set(name, found)
    }
    return found
  }

  const connect = async (name: string, options: ConnectOptions = {}): Promise<Session> => {
    const { resource, presence = true, priority, roster = false, carbons = false } = options
    const who = await account(name, options.nodeOwner)
    return given(`${name} logs in`, async () => {
      const session = await Session.login(
        endpoints,
        who,
        recorder.connection(name + (resource ? `/${resource}` : '')),
        resource,
        interference,
      )
      connections.push(session)
      if (roster) expect.result(await session.iq(`<iq type='get'><query xmlns='jabber:iq:roster'/></iq>`), 'the roster')
      if (carbons)
        expect.result(await session.iq(`<iq type='set'><enable xmlns='urn:xmpp:carbons:2'/></iq>`), 'carbons')
      if (presence) await session.available(priority)
      return session
    })
  }

  const fixtures: ServerFixtures = {
    domain: endpoints.domain,
    endpoints,
    services,
    expect,
    account: (name) => account(name),
    connect,
    stream(options: OpenOptions & { name?: string } = {}) {
      return given('a connection', async () => {
        const stream = await RawStream.connect(
          endpoints,
          recorder.connection(options.name ?? 'stream'),
          options,
          interference,
        )
        connections.push(stream)
        return stream
      })
    },
    async rawSession(name: string, options: RawSessionOptions = {}) {
      const who = await account(name)
      const raw = await fixtures.stream({ ...options, name })
      await given(`${name} logs in`, async () => {
        await raw.login(who, undefined, options.header)
        await raw.bind(options.resource)
      })
      return raw
    },
    given,
    subscribe: (one, other) => given('a subscription to presence', () => subscribe(one, other)),
    friends: (one, other) => given('two accounts are friends', () => befriend(one, other)),
    room: (owner, options) => given('a room', () => makeRoom(owner, services.muc, options)),
    http: (url, options) => httpExchange(endpoints, recorder.connection('http'), url, options),
    unique: (prefix = 'u') => `${prefix}-${randomBytes(6).toString('hex')}`,
    cleanUp: (undo) => {
      undos.push(undo)
    },
  }

  const undo = async () => {
    for (const step of undos.reverse()) await bounded(step)
    await Promise.all(connections.map((connection) => bounded(() => connection.close())))
  }
  return { fixtures, undo }
}

async function reach<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Inconclusive || error instanceof Unsupported) throw error
    throw new Inconclusive(`could not get as far as "${what}": ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}

/** Makes a room with an instant or a given configuration (XEP-0045 §10.1.2, §10.1.3). */
async function makeRoom(owner: Session, service: string | undefined, options: RoomOptions = {}): Promise<Room> {
  if (service === undefined) throw new Unsupported('it has no muc service')
  const { nick = 'owner', config = {} } = options
  const room = new Room(`room-${randomBytes(6).toString('hex')}@${service}`, owner, nick)
  await room.join(owner, nick)
  expect.result(await room.configure(config), 'the room to take its configuration')
  owner.take((stanza) => room.sent(stanza))
  return room
}

/** Subscribes two available sessions to each other and takes the presences that this brings (RFC 6121 §3.1). */
async function befriend(one: Session, other: Session): Promise<void> {
  await subscribe(one, other)
  await subscribe(other, one)
}

/** `one` gets to see the presence of `other`, which approves (RFC 6121 §3.1). */
async function subscribe(one: Session, other: Session): Promise<void> {
  await one.send(`<presence to='${other.bare}' type='subscribe'/>`)
  await other.presence(({ attrs }) => attrs.type === 'subscribe' && attrs.from === one.bare, 'a subscription request')
  await other.send(`<presence to='${one.bare}' type='subscribed'/>`)
  // The approval itself comes only to those who asked for the roster (RFC 6121 §3.1.6).
  await one.presence(({ attrs }) => attrs.type === undefined && attrs.from === other.jid, 'the presence of a contact')
  for (const session of [one, other]) {
    await session.sync()
    session.take(({ attrs }) => attrs.type === 'subscribed')
    session.take((element) => element.is('iq') && element.getChild('query', 'jabber:iq:roster') !== undefined)
  }
}

async function bounded(step: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, undoTimeoutMs)
  await Promise.race([step().catch(() => {}), promise])
  clearTimeout(timer)
}
