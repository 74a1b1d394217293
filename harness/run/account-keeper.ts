import { randomUUID } from 'node:crypto'
import type { Element } from '@xmpp/xml'
import type { Account, ServerEndpoints } from '../lab/lab.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { Session } from '../tester/xmpp-client/session.ts'

/** What an account's owner may have there, and what cases leave behind. */
interface State {
  contacts: Set<string>
  blocked: Set<string>
  nodes: Set<string>
  /** Other resources that are available. */
  resources: Set<string>
  /** Settings that a case may have changed, as the server told them; undefined where it has none. */
  vcard: string | undefined
  archiving: string | undefined
}

/** Bound on looking after the accounts of one case, milliseconds. */
const boundMs = 20_000

const ns = {
  roster: 'jabber:iq:roster',
  blocking: 'urn:xmpp:blocking',
  items: 'http://jabber.org/protocol/disco#items',
  pubsub: 'http://jabber.org/protocol/pubsub#owner',
  vcard: 'vcard-temp',
  archive: 'urn:xmpp:mam:2',
}

const onlyOne = `<set xmlns='http://jabber.org/protocol/rsm'><max>1</max></set>`

/**
 * Looks after the few accounts that all cases of a target share: notes what was there before the first case, and after
 * each case takes away what came in between: contacts with their subscriptions, requests for them, blocked addresses,
 * PEP nodes, messages that wait; vCard and archiving are put back. What the owner had is left alone. Best effort: what
 * cannot be undone (an archive) stays, and nothing here decides a verdict.
 */
export class AccountKeeper {
  readonly #endpoints: ServerEndpoints
  readonly #secrets: { jid: string; password: string }[]
  readonly #before = new Map<string, State>()

  /** @param accounts all that were given: between these, subscriptions are no matter of the owner's */
  constructor(endpoints: ServerEndpoints, accounts: { jid: string; password: string }[]) {
    this.#endpoints = endpoints
    this.#secrets = accounts
  }

  /** Whether a case has used an account. */
  isUsed(jid: string): boolean {
    return this.#before.has(jid)
  }

  /**
   * To be called before a case uses an account: the first time notes what is there.
   *
   * @returns why the account is no fresh one, where its archive has something in it or a case used it before
   */
  async remember(account: Account): Promise<string | undefined> {
    if (this.#before.has(account.jid)) {
      return `needs an account with an empty archive, and cases before this one have used all that --account gave`
    }
    let archived = false
    await withinBound(async (sessions) => {
      const session = await this.#login(account)
      sessions.push(session)
      // Of a negative priority: messages that wait go on waiting (RFC 6121 §8.5.2.1.1).
      await session.available(-1)
      this.#before.set(account.jid, await read(session))
      const answer = await session.iq(`<iq type='set'><query xmlns='${ns.archive}'>${onlyOne}</query></iq>`)
      archived = session.take(({ name }) => name === 'message').length > 0 || answer.attrs.type === 'error'
      await session.close()
    })
    return archived ? `needs an account with an empty archive, and that of ${account.jid} is not` : undefined
  }

  /** Undoes what a case left behind on its accounts. Never throws. */
  async restore(accounts: Account[]): Promise<void> {
    await withinBound(async (sessions) => {
      sessions.push(...(await Promise.all(accounts.map((account) => this.#login(account)))))
      try {
        // Messages that wait are delivered to whoever becomes available, and are gone then.
        await Promise.all(sessions.map((session) => session.available(0)))
        // One after the other: removing a contact changes the contact's roster too.
        for (const session of sessions) await this.#restore(session)
        for (const session of sessions) await Promise.all(sessions.map((other) => arrived(session, other)))
      } finally {
        await Promise.all(sessions.map((session) => session.close()))
      }
    })
  }

  async #restore(session: Session): Promise<void> {
    const before = this.#before.get(session.bare)
    if (!before) return
    const now = await read(session)
    const given = (jid: string | undefined) => this.#secrets.some((account) => account.jid === jid)
    const requests = session.take(({ name, attrs }) => name === 'presence' && attrs.type === 'subscribe')
    for (const { attrs } of requests) {
      if (given(attrs.from)) await session.send(`<presence to='${attrs.from}' type='unsubscribed'/>`)
    }
    const set = (content: string) => session.iq(`<iq type='set'>${content}</iq>`)
    const added = (key: 'contacts' | 'blocked') => missing(now[key], before[key])
    const unblocked = missing(before.blocked, now.blocked)
    const list = (jids: string[]) => jids.map((jid) => `<item jid='${jid}'/>`).join('')
    const changes = [
      ...added('contacts').map(
        (jid) => `<query xmlns='${ns.roster}'><item jid='${jid}' subscription='remove'/></query>`,
      ),
    ]
    if (added('blocked').length > 0) changes.push(`<unblock xmlns='${ns.blocking}'>${list(added('blocked'))}</unblock>`)
    if (unblocked.length > 0) changes.push(`<block xmlns='${ns.blocking}'>${list(unblocked)}</block>`)
    if (before.archiving && now.archiving !== before.archiving) changes.push(before.archiving)
    await Promise.all(changes.map(set))
    const nodes = missing(await nodesOf(session), before.nodes)
    await Promise.all(nodes.map((node) => set(`<pubsub xmlns='${ns.pubsub}'><delete node='${node}'/></pubsub>`)))
    // Some servers keep the vCard in a node: then it has gone with that.
    const vcard = now.vcard === before.vcard ? now.vcard : await vcardOf(session)
    if (vcard !== before.vcard) await set(before.vcard ?? `<vCard xmlns='${ns.vcard}'/>`)
    // A session that waits to be resumed (XEP-0198 §5) takes messages; whoever binds its resource takes its place.
    for (const resource of missing(now.resources, before.resources)) {
      await this.#login(session.account, resource).then((other) => other.close())
    }
  }

  #login(account: Account, resource?: string): Promise<Session> {
    const recorder = new CaseRecorder({ secrets: this.#secrets })
    return Session.login(this.#endpoints, account, recorder.connection('keeper'), resource)
  }
}

/** Asks an available session's server for all of it at once; what it refuses to tell is empty. */
async function read(session: Session): Promise<State> {
  const [roster, blocklist, nodes, vcard, archiving] = await Promise.all([
    get(session, `<query xmlns='${ns.roster}'/>`, 'query'),
    get(session, `<blocklist xmlns='${ns.blocking}'/>`, 'blocklist'),
    nodesOf(session),
    vcardOf(session),
    get(session, `<prefs xmlns='${ns.archive}'/>`, 'prefs'),
    session.sync(),
  ])
  const own = session.take(
    ({ name, attrs }) =>
      name === 'presence' && attrs.type === undefined && (attrs.from ?? '').startsWith(`${session.bare}/`),
  )
  const resources = own.flatMap(({ attrs }) => attrs.from?.slice(session.bare.length + 1) ?? [])
  return {
    contacts: values(roster, 'jid'),
    blocked: values(blocklist, 'jid'),
    nodes,
    resources: new Set(resources.filter((resource) => resource !== session.resource)),
    vcard,
    archiving: archiving?.toString(),
  }
}

const vcardOf = async (session: Session) => (await get(session, `<vCard xmlns='${ns.vcard}'/>`, 'vCard'))?.toString()

async function nodesOf(session: Session): Promise<Set<string>> {
  return values(await get(session, `<query xmlns='${ns.items}'/>`, 'query', ` to='${escapeXml(session.bare)}'`), 'node')
}

async function get(session: Session, content: string, name: string, to = ''): Promise<Element | undefined> {
  const answer = await session.iq(`<iq type='get'${to}>${content}</iq>`)
  return answer.attrs.type === 'result' ? answer.getChild(name) : undefined
}

const values = (list: Element | undefined, attribute: string): Set<string> =>
  new Set(list?.getChildren('item').flatMap(({ attrs }) => attrs[attribute] ?? []))

/** Waits until what one session's server told the other's has arrived: stanzas between two entities keep their order. */
async function arrived(from: Session, to: Session): Promise<void> {
  if (from === to) return from.sync()
  const id = randomUUID()
  await from.send(`<presence to='${escapeXml(to.jid)}' id='${id}'/>`)
  await to.presence(({ attrs }) => attrs.id === id && attrs.from === from.jid, 'the presence sent behind', 1_000)
}

/** Ends a step that takes too long together with its sessions: the next case must not meet them. */
async function withinBound(step: (sessions: Session[]) => Promise<void>): Promise<void> {
  const sessions: Session[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, boundMs)
  await Promise.race([step(sessions).catch(() => {}), promise])
  clearTimeout(timer)
  for (const session of sessions) if (!session.closed) session.destroy()
}

/** What one set has and the other has not, ready to stand in an attribute. */
const missing = (has: Set<string>, hasNot: Set<string>): string[] =>
  [...has].filter((one) => !hasNot.has(one)).map(escapeXml)

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;')
