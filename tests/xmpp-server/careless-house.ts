import { randomBytes } from 'node:crypto'
import type { Element } from '@xmpp/xml'
import type { Account } from '../../harness/lab/lab.ts'
import { parseElement } from '../../harness/tester/xml/stream-parser.ts'
import { ns } from '../../harness/tester/xmpp-client/namespaces.ts'
import { routePresence } from './careless-presence.ts'
import type { Has } from './careless-traits.ts'

const blocking = 'urn:xmpp:blocking'

/** Whoever stanzas come from and go to: a bound resource as a rule. */
export interface Guest {
  jid: string
  deliver(stanza: Element): void
}

/** A bound resource. */
export interface Resource extends Guest {
  /** Its last presence, while it is available. */
  presence?: Element
  priority: number
  /** It asked for the roster (RFC 6121 §2.1.6). */
  interested: boolean
}

export interface Contact {
  to: boolean
  from: boolean
  ask: boolean
  approved: boolean
}

/** An account and all that is kept for it. */
export class Person {
  readonly account: Account
  readonly resources = new Map<string, Resource>()
  readonly roster = new Map<string, Contact>()
  /** Bare JIDs whose requests nobody answered. */
  readonly requests = new Set<string>()
  readonly blocked = new Set<string>()
  stored: { stanza: Element; at: Date }[] = []

  constructor(account: Account) {
    this.account = account
  }

  get available(): Resource[] {
    return [...this.resources.values()].filter(({ presence }) => presence)
  }

  contact(jid: string): Contact {
    const known = this.roster.get(jid) ?? { to: false, from: false, ask: false, approved: false }
    this.roster.set(jid, known)
    return known
  }

  /** Tells the resources that want to know it how a contact stands (RFC 6121 §2.1.6). */
  push(jid: string) {
    const push = `<iq type='set' id='push-${randomBytes(4).toString('hex')}'>${rosterOf([[jid, this.contact(jid)]])}</iq>`
    for (const resource of this.resources.values()) if (resource.interested) resource.deliver(parseElement(push))
  }
}

export const bareOf = (jid: string): string => jid.split('/')[0] as string

/** The accounts of the careless server, and where stanzas go. */
export class House {
  readonly domain: string
  readonly has: Has
  readonly #people = new Map<string, Person>()

  constructor(domain: string, has: Has) {
    this.domain = domain
    this.has = has
  }

  newAccount(): Account {
    const local = `u${randomBytes(5).toString('hex')}`
    const account = {
      local,
      domain: this.domain,
      jid: `${local}@${this.domain}`,
      password: randomBytes(6).toString('hex'),
    }
    this.#people.set(account.jid, new Person(account))
    return account
  }

  person(jid: string): Person | undefined {
    return this.#people.get(bareOf(jid))
  }

  /** Works off a stanza; `sender` gets what answers there are. */
  route(stanza: Element, sender: Guest) {
    stanza.attrs.from = sender.jid
    if (stanza.is('iq')) this.#iq(stanza, sender)
    else if (stanza.is('presence')) routePresence(this, stanza, sender)
    else if (stanza.is('message')) this.#message(stanza, sender)
  }

  /** Answers with an error, but no errors (RFC 6120 §8.3.1). */
  refuse(stanza: Element, sender: Guest, condition = 'service-unavailable') {
    const { type, id, to } = stanza.attrs
    if (type === 'error' && !this.has('errors-for-errors')) return
    sender.deliver(
      parseElement(
        `<${stanza.name} type='error' id='${id ?? ''}' from='${to ?? this.domain}' to='${sender.jid}'><error type='cancel'>` +
          `<${condition} xmlns='${ns.stanzaErrors}'/></error></${stanza.name}>`,
      ),
    )
  }

  #message(message: Element, sender: Guest) {
    const { to = '', from = '' } = message.attrs
    const person = this.person(to)
    if (!person) return this.refuse(message, sender)
    const blocked = person.blocked.has(bareOf(from))
    if (blocked && !this.has('stores-from-blocked')) return this.refuse(message, sender)
    const resource = person.resources.get(to)
    if (resource) resource.deliver(message)
    else this.#toAccount(person, message, sender)
  }

  /** A message to nobody in particular of an account (RFC 6121 §8.5.2). */
  #toAccount(person: Person, message: Element, sender: Guest) {
    const { type = 'normal' } = message.attrs
    const takers = person.available.filter(({ priority }) => priority >= 0)
    if (type === 'groupchat') return this.refuse(message, sender)
    if (takers.length > 0) {
      for (const taker of takers) taker.deliver(message)
    } else if (type === 'chat' || type === 'normal' || this.has('stores-everything')) {
      person.stored.push({ stanza: message, at: new Date() })
    }
  }

  /** Delivers a message that a lost stream did not acknowledge as one to the account (XEP-0198 §4). */
  redeliver(person: Person, { stanza, at }: { stanza: Element; at: Date }) {
    const [other] = person.available.filter(({ priority }) => priority >= 0)
    if (other) other.deliver(this.#stamped(stanza, at))
    else person.stored.push({ stanza, at })
  }

  /** Gives a resource that became available what was kept for its account. */
  deliverStored(person: Person, resource: Resource) {
    if (resource.priority < 0 && !this.has('stored-to-anybody')) return
    const { stored } = person
    if (!this.has('stored-for-ever')) person.stored = []
    for (const { stanza, at } of stored) resource.deliver(this.#stamped(stanza, at))
  }

  #stamped(stanza: Element, at: Date): Element {
    const copy = parseElement(stanza.toString())
    if (!this.has('unstamped')) {
      copy.append(parseElement(`<delay xmlns='urn:xmpp:delay' from='${this.domain}' stamp='${at.toISOString()}'/>`))
    }
    return copy
  }

  #iq(iq: Element, sender: Guest) {
    const { type, id, to } = iq.attrs
    if (type === 'result' || type === 'error') return
    const person = this.person(sender.jid)
    const resource = person?.resources.get(sender.jid)
    const own = to === undefined || to === this.domain || to === person?.account.jid
    const content = own && person && resource ? this.#answer(iq, person, resource) : undefined
    if (content === undefined) return this.refuse(iq, sender)
    sender.deliver(
      parseElement(
        `<iq type='result' id='${id}' from='${to ?? bareOf(sender.jid)}' to='${sender.jid}'>${content}</iq>`,
      ),
    )
  }

  /** What is inside the answer; undefined where it does not know the question. */
  #answer(iq: Element, person: Person, resource: Resource): string | undefined {
    if (iq.getChild('ping', ns.ping)) return ''
    if (iq.getChild('query', ns.roster)) {
      resource.interested = true
      return rosterOf([...person.roster])
    }
    const block = iq.getChild('block', blocking)
    for (const { attrs } of block?.getChildren('item') ?? []) {
      person.blocked.add(attrs.jid ?? '')
      const gone = `<presence type='unavailable' from='${resource.jid}' to='${attrs.jid}'/>`
      for (const other of this.person(attrs.jid ?? '')?.available ?? []) other.deliver(parseElement(gone))
    }
    return block && ''
  }
}

function rosterOf(contacts: [string, Contact][]): string {
  const items = contacts.map(([jid, { to, from, ask, approved }]) => {
    const subscription = to ? (from ? 'both' : 'to') : from ? 'from' : 'none'
    const more = `${ask ? " ask='subscribe'" : ''}${approved ? " approved='true'" : ''}`
    return `<item jid='${jid}' subscription='${subscription}'${more}/>`
  })
  return `<query xmlns='${ns.roster}'>${items.join('')}</query>`
}
