import type { Element } from '@xmpp/xml'
import type { Account, ServerEndpoints } from '../lab/lab.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { Session } from '../tester/xmpp-client/session.ts'

/** What an account's owner may have there, and what cases leave behind. */
interface State {
  contacts: Set<string>
  blocked: Set<string>
  nodes: Set<string>
  /** Settings that a case may have changed, as the server told them; undefined where it has none. */
  vcard: string | undefined
  archiving: string | undefined
}

/** Bound on looking after the accounts of one case, milliseconds. */
const boundMs = 8_000

const ns = {
  roster: 'jabber:iq:roster',
  blocking: 'urn:xmpp:blocking',
  items: 'http://jabber.org/protocol/disco#items',
  pubsub: 'http://jabber.org/protocol/pubsub#owner',
  vcard: 'vcard-temp',
  archive: 'urn:xmpp:mam:2',
}

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

  /** To be called before an account is used for the first time; does nothing later. */
  async remember(account: Account): Promise<void> {
    if (this.#before.has(account.jid)) return
    await withinBound(async () => {
      const session = await this.#login(account)
      this.#before.set(account.jid, await read(session))
      await session.close()
    })
  }

  /** Undoes what a case left behind on its accounts. Never throws. */
  async restore(accounts: Account[]): Promise<void> {
    await withinBound(async () => {
      const sessions = await Promise.all(accounts.map((account) => this.#login(account)))
      try {
        // Messages that wait are delivered to whoever becomes available, and are gone then.
        await Promise.all(sessions.map((session) => session.available(0)))
        // One after the other: removing a contact changes the contact's roster too.
        for (const session of sessions) await this.#restore(session)
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
    const added = (key: 'contacts' | 'blocked' | 'nodes') => missing(now[key], before[key])
    const unblocked = missing(before.blocked, now.blocked)
    const list = (jids: string[]) => jids.map((jid) => `<item jid='${jid}'/>`).join('')
    const changes = [
      ...added('contacts').map(
        (jid) => `<query xmlns='${ns.roster}'><item jid='${jid}' subscription='remove'/></query>`,
      ),
      ...added('nodes').map((node) => `<pubsub xmlns='${ns.pubsub}'><delete node='${node}'/></pubsub>`),
    ]
    if (added('blocked').length > 0) changes.push(`<unblock xmlns='${ns.blocking}'>${list(added('blocked'))}</unblock>`)
    if (unblocked.length > 0) changes.push(`<block xmlns='${ns.blocking}'>${list(unblocked)}</block>`)
    if (now.vcard !== before.vcard) changes.push(before.vcard ?? `<vCard xmlns='${ns.vcard}'/>`)
    if (before.archiving && now.archiving !== before.archiving) changes.push(before.archiving)
    await Promise.all(changes.map(set))
  }

  #login(account: Account): Promise<Session> {
    const recorder = new CaseRecorder({ secrets: this.#secrets })
    return Session.login(this.#endpoints, account, recorder.connection('keeper'))
  }
}

/** Asks an account's server for all of it at once; what it refuses to tell is empty. */
async function read(session: Session): Promise<State> {
  const get = async (content: string, name: string, to = ''): Promise<Element | undefined> => {
    const answer = await session.iq(`<iq type='get'${to}>${content}</iq>`)
    return answer.attrs.type === 'result' ? answer.getChild(name) : undefined
  }
  const [roster, blocklist, nodes, vcard, archiving] = await Promise.all([
    get(`<query xmlns='${ns.roster}'/>`, 'query'),
    get(`<blocklist xmlns='${ns.blocking}'/>`, 'blocklist'),
    get(`<query xmlns='${ns.items}'/>`, 'query', ` to='${escapeXml(session.bare)}'`),
    get(`<vCard xmlns='${ns.vcard}'/>`, 'vCard'),
    get(`<prefs xmlns='${ns.archive}'/>`, 'prefs'),
  ])
  const values = (list: Element | undefined, attribute: string) =>
    new Set(list?.getChildren('item').flatMap(({ attrs }) => attrs[attribute] ?? []))
  return {
    contacts: values(roster, 'jid'),
    blocked: values(blocklist, 'jid'),
    nodes: values(nodes, 'node'),
    vcard: vcard?.toString(),
    archiving: archiving?.toString(),
  }
}

async function withinBound(step: () => Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, boundMs)
  await Promise.race([step().catch(() => {}), promise])
  clearTimeout(timer)
}

/** What one set has and the other has not, ready to stand in an attribute. */
const missing = (has: Set<string>, hasNot: Set<string>): string[] =>
  [...has].filter((one) => !hasNot.has(one)).map(escapeXml)

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;')
