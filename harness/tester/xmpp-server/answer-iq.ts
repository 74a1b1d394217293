import { type Element, escapeXML } from '@xmpp/xml'
import type { Account } from '../../lab/lab.ts'
import { ns } from '../xmpp-client/namespaces.ts'

export interface AnswerParts {
  domain: string
  account: Account
  /** Full JID of the asking client. */
  jid: string
  /** What disco#info names. */
  features: readonly string[]
}

/** The one contact in everybody's roster. */
export const contactOf = (domain: string): string => `juliet@${domain}`

/** What every server answers, as disco#info names it. */
export const basicFeatures: readonly string[] = [
  ns.discoInfo,
  ns.discoItems,
  ns.ping,
  ns.roster,
  'urn:xmpp:carbons:2',
  'urn:xmpp:mam:2',
  'vcard-temp',
  'jabber:iq:version',
]

/** Answers an IQ get or set as a small, right server does; what it does not know is service-unavailable (RFC 6120 §8.4). */
export function answerIq(iq: Element, { domain, account, jid, features }: AnswerParts): string {
  const [payload] = iq.getChildElements()
  const name = payload ? `${payload.getName()} ${payload.getNS()} ${iq.attrs.type}` : ''
  const answers: Record<string, () => string> = {
    'session urn:ietf:params:xml:ns:xmpp-session set': () => '',
    [`query ${ns.roster} get`]: () =>
      `<query xmlns='${ns.roster}'><item jid='${contactOf(domain)}' name='Juliet' subscription='both'/></query>`,
    [`query ${ns.roster} set`]: () => '',
    [`query ${ns.discoInfo} get`]: () => discoInfo(iq.attrs.to === account.jid, features),
    [`query ${ns.discoItems} get`]: () => `<query xmlns='${ns.discoItems}'/>`,
    [`ping ${ns.ping} get`]: () => '',
    'enable urn:xmpp:carbons:2 set': () => '',
    'disable urn:xmpp:carbons:2 set': () => '',
    'query urn:xmpp:mam:2 set': () =>
      `<fin xmlns='urn:xmpp:mam:2' complete='true'><set xmlns='http://jabber.org/protocol/rsm'><count>0</count></set></fin>`,
    'vCard vcard-temp get': () => `<vCard xmlns='vcard-temp'/>`,
    'query jabber:iq:version get': () =>
      `<query xmlns='jabber:iq:version'><name>Assay</name><version>1</version></query>`,
  }
  const answer = answers[name]
  const from = iq.attrs.to === undefined ? '' : ` from='${escapeXML(iq.attrs.to)}'`
  const head = `id='${escapeXML(iq.attrs.id ?? '')}' to='${escapeXML(jid)}'${from}`
  if (answer) {
    const content = answer()
    return content === '' ? `<iq type='result' ${head}/>` : `<iq type='result' ${head}>${content}</iq>`
  }
  const condition = `<service-unavailable xmlns='${ns.stanzaErrors}'/>`
  return `<iq type='error' ${head}><error type='cancel'>${condition}</error></iq>`
}

function discoInfo(isAccount: boolean, features: readonly string[]): string {
  const identity = isAccount
    ? `<identity category='account' type='registered'/>`
    : `<identity category='server' type='im'/>`
  const list = features.map((feature) => `<feature var='${feature}'/>`).join('')
  return `<query xmlns='${ns.discoInfo}'>${identity}${list}</query>`
}
