import type { Element } from '@xmpp/xml'
import { parseElement } from '../../harness/tester/xml/stream-parser.ts'
import { bareOf, type Guest, type House, type Person, type Resource } from './careless-house.ts'

const presence = (attributes: string): Element => parseElement(`<presence ${attributes}/>`)
const copyOf = (element: Element): Element => parseElement(element.toString())

/** Works off a presence stanza (RFC 6121 §3, §4). */
export function routePresence(house: House, stanza: Element, sender: Guest) {
  const { to, type } = stanza.attrs
  const person = house.person(sender.jid)
  if (to === undefined) {
    const resource = person?.resources.get(sender.jid)
    if (person && resource) broadcast(house, person, resource, stanza)
    return
  }
  if (type === 'probe') return probe(house, stanza, sender)
  const other = house.person(to)
  if (type?.includes('subscribe') && person) return subscription(house, stanza, person, other)
  if (!other) {
    if (type === 'error' ? house.has('errors-for-errors') : house.has('answers-for-nobody'))
      house.refuse(stanza, sender)
    return
  }
  const resource = other.resources.get(to)
  const takers = resource ? [resource] : other.available
  for (const taker of takers) taker.deliver(stanza)
  if (takers.length === 0 && house.has('stores-everything')) other.stored.push({ stanza, at: new Date() })
}

/** Presence for all who are subscribed (RFC 6121 §4.2, §4.4, §4.5). */
export function broadcast(house: House, person: Person, resource: Resource, stanza: Element) {
  const first = !resource.presence && !stanza.attrs.type
  resource.presence = stanza.attrs.type ? undefined : stanza
  resource.priority = Number(stanza.getChildText('priority') ?? 0)
  for (const own of new Set([...person.available, resource])) own.deliver(copyOf(stanza))
  for (const [jid, contact] of person.roster) {
    if (!contact.from || person.blocked.has(jid)) continue
    for (const other of house.person(jid)?.available ?? []) other.deliver(copyOf(stanza))
  }
  if (first) arrive(house, person, resource)
}

/** What a resource gets that became available (RFC 6121 §4.3, §3.1.3). */
function arrive(house: House, person: Person, resource: Resource) {
  for (const [jid, { to }] of person.roster) {
    const contact = to ? house.person(jid) : undefined
    if (!contact) continue
    if (contact.blocked.has(person.account.jid) && !house.has('blocks-forgotten-at-login')) continue
    for (const other of contact.available) resource.deliver(copyOf(other.presence as Element))
  }
  for (const jid of person.requests)
    resource.deliver(presence(`type='subscribe' from='${jid}' to='${person.account.jid}'`))
  house.deliverStored(person, resource)
}

function probe(house: House, stanza: Element, sender: Guest) {
  const { to = '' } = stanza.attrs
  const asked = house.person(to)
  if (!asked) return house.has('answers-for-nobody') ? house.refuse(stanza, sender) : undefined
  if (house.has('refuses-probes')) return house.refuse(stanza, sender, 'bad-request')
  if (!asked.roster.get(bareOf(sender.jid))?.from && !house.has('answers-strangers')) return
  const resources = asked.available.filter(({ jid }) => to === bareOf(to) || to === jid)
  for (const resource of resources) sender.deliver(copyOf(resource.presence as Element))
  if (resources.length > 0 || house.has('silent-when-offline')) return
  sender.deliver(presence(`type='unavailable' from='${asked.account.jid}' to='${sender.jid}'`))
}

/** The states of a subscription (RFC 6121 §3, appendix A). */
function subscription(house: House, stanza: Element, user: Person, contact: Person | undefined) {
  const [own, other] = [user.account.jid, bareOf(stanza.attrs.to ?? '')]
  const type = stanza.attrs.type as string
  const routed = presence(`type='${type}' from='${own}' to='${other}'`)
  const item = user.contact(other)
  if (type === 'subscribe') {
    item.ask = !item.to
    user.push(other)
    if (contact) request(house, routed, own, contact)
    return
  }
  if (type === 'unsubscribe') {
    Object.assign(item, { to: false, ask: false })
    user.push(other)
    if (!contact) return
    if (!house.has('keeps-requests')) contact.requests.delete(own)
    contact.contact(own).from = false
    return deliver(contact, routed)
  }
  if (type === 'subscribed') {
    if (!user.requests.delete(other)) {
      item.approved = true
      return user.push(other)
    }
    if (contact) approve(user, contact)
    return
  }
  const asked = house.has('repeats-requests') ? user.requests.has(other) : user.requests.delete(other)
  const approvedBefore = item.approved && !item.from && !asked
  Object.assign(item, { from: false, approved: false })
  user.push(other)
  if (!contact || (approvedBefore && !house.has('routes-cancellations'))) return
  if (!approvedBefore) Object.assign(contact.contact(own), { to: false, ask: false })
  deliver(contact, routed)
}

function request(house: House, stanza: Element, from: string, contact: Person) {
  const item = contact.contact(from)
  const user = house.person(from) as Person
  if (item.from && !house.has('shows-every-request')) return
  if (item.approved && !house.has('no-pre-approval')) return approve(contact, user)
  contact.requests.add(from)
  deliver(contact, stanza)
}

/** `user` lets `contact` see its presence. */
function approve(user: Person, contact: Person) {
  const [own, other] = [user.account.jid, contact.account.jid]
  user.contact(other).from = true
  user.push(other)
  Object.assign(contact.contact(own), { to: true, ask: false })
  contact.push(own)
  deliver(contact, presence(`type='subscribed' from='${own}' to='${other}'`))
  for (const { presence: shown } of user.available) deliver(contact, shown as Element)
}

function deliver(person: Person, stanza: Element) {
  for (const resource of person.available) resource.deliver(copyOf(stanza))
}
