import xml, { type Element } from '@xmpp/xml'
import { ns } from './xmpp-client/namespaces.ts'

/**
 * A mistake of a server, made on purpose: what the server under test sent is changed before the case sees it, as a
 * broken server would have sent it. A case that no mistake brings down has shown nothing.
 */
export interface Mistake {
  id: string
  /** Completes "a server that …". */
  what: string
  /** Changes one element that arrives: a stanza, features, SASL, a stream error. */
  element?(element: Element): Element[]
  /** Changes the stream header. */
  header?(header: Element): Element
  /** What takes memory: made anew for each session. */
  begin?(): Behaving
  /** Delivers what one session sends to all other sessions of the case as well. */
  promiscuous?: boolean
  /** Never closes a stream or a connection. */
  keepsOpen?: boolean
}

/** One session's share in a mistake. */
export interface Behaving {
  /** What a session sends; the answers that come instead where the server takes no notice of it. */
  sent?(stanza: Element): Element[] | undefined
  /** What arrives in place of an element. */
  received?(element: Element): Element[]
}

const isStanza = (element: Element): boolean => element.is('iq') || element.is('message') || element.is('presence')
const isError = (element: Element): boolean => isStanza(element) && element.attrs.type === 'error'
const isResult = (element: Element): boolean => element.is('iq') && element.attrs.type === 'result'
/** Elements beside stanzas that a session lives by, such as those of stream management (XEP-0198). */
const isNonza = (element: Element): boolean =>
  !isStanza(element) && element.getNS() !== ns.streams && element.getNS() !== ns.sasl && element.getNS() !== ns.tls
const isPush = (element: Element): boolean => isStanza(element) && !isResult(element) && !isError(element)

function replaceCondition(parent: Element, namespace: string) {
  for (const child of parent.getChildElements()) {
    if (child.getNS() === namespace && child.getName() !== 'text') child.name = 'undefined-condition'
  }
}

function garble(element: Element, top = true) {
  for (const name of Object.keys(element.attrs)) {
    if (!top && !name.startsWith('xmlns')) element.attrs[name] = `x${element.attrs[name]}`
  }
  element.children = element.children.map((child) => (typeof child === 'string' ? `x${child}` : child))
  for (const child of element.getChildElements()) garble(child, false)
}

const change = (test: (element: Element) => boolean, apply: (element: Element) => void) => (element: Element) => {
  if (test(element)) apply(element)
  return [element]
}
const drop = (test: (element: Element) => boolean) => (element: Element) => (test(element) ? [] : [element])

/** Mistakes that together touch all that a server says: the particular ones first, the blunt ones last. */
export const mistakes: Mistake[] = [
  {
    id: 'accepts-everything',
    what: 'never refuses a stanza',
    element: (element) => {
      if (!isError(element)) return [element]
      if (!element.is('iq')) return []
      element.attrs.type = 'result'
      element.children = []
      return [element]
    },
  },
  {
    id: 'wrong-condition',
    what: 'names the wrong condition in stanza errors',
    element: change(isError, (el) => {
      const error = el.getChild('error')
      if (error) replaceCondition(error, ns.stanzaErrors)
    }),
  },
  {
    id: 'wrong-error-type',
    what: 'gives stanza errors another type',
    element: change(isError, (el) => {
      const error = el.getChild('error')
      if (error) error.attrs.type = error.attrs.type === 'continue' ? 'wait' : 'continue'
    }),
  },
  {
    id: 'accepts-nonzas',
    what: 'says yes to whatever is asked of the stream',
    element: change(
      (el) => isNonza(el) && el.is('failed'),
      (el) => {
        el.name = 'enabled'
        el.attrs.id = 'same'
        el.children = []
      },
    ),
  },
  {
    id: 'wrong-nonza-condition',
    what: 'names the wrong condition where it refuses what is asked of the stream',
    element: change(isNonza, (el) => replaceCondition(el, ns.stanzaErrors)),
  },
  {
    id: 'same-nonzas',
    what: 'counts nothing and gives everybody the same stream id',
    element: change(isNonza, (el) => {
      if (el.attrs.h) el.attrs.h = '0'
      if (el.attrs.id) el.attrs.id = 'same'
      delete el.attrs.resume
    }),
  },
  {
    id: 'wrong-sender',
    what: 'stamps stanzas with another sender',
    element: change(isStanza, (el) => {
      el.attrs.from = 'stranger@elsewhere.test/x'
    }),
  },
  {
    id: 'no-sender',
    what: 'leaves out the sender of stanzas',
    element: change(isStanza, (el) => {
      delete el.attrs.from
    }),
  },
  {
    id: 'twice',
    what: 'delivers everything twice',
    element: (element) => (isPush(element) ? [element, element] : [element]),
  },
  {
    id: 'loses-types',
    what: 'leaves out the type of messages and presences',
    element: change(
      (el) => isPush(el) && !el.is('iq'),
      (el) => {
        delete el.attrs.type
      },
    ),
  },
  {
    id: 'strips-extensions',
    what: 'removes what it does not know from messages and presences',
    element: change(
      (el) => isPush(el) && !el.is('iq'),
      (el) => {
        const core = ['body', 'subject', 'thread', 'show', 'status', 'priority']
        el.children = el.getChildElements().filter((child) => core.includes(child.name))
      },
    ),
  },
  {
    id: 'forgets-sets',
    what: 'says yes to every IQ set and does nothing',
    begin: () => ({
      sent: (stanza) => {
        if (!stanza.is('iq') || stanza.attrs.type !== 'set') return undefined
        const { id, to } = stanza.attrs
        return [xml('iq', { type: 'result', id, ...(to ? { from: to } : {}) })]
      },
    }),
  },
  {
    id: 'ignores-subscriptions',
    what: 'takes no notice of presence that manages subscriptions',
    begin: () => ({ sent: (stanza) => (/subscribe/.test(stanza.attrs.type ?? '') ? [] : undefined) }),
  },
  {
    id: 'ignores-unavailable',
    what: 'takes no notice of unavailable presence',
    begin: () => ({ sent: (stanza) => (stanza.attrs.type === 'unavailable' ? [] : undefined) }),
  },
  {
    id: 'refuses-repeats',
    what: 'refuses a request that it has answered once',
    begin: () => {
      const asked = new Map<string, string>()
      return {
        sent: (stanza) => {
          if (!stanza.is('iq') || !stanza.attrs.id) return undefined
          const content = stanza.children.join('')
          const first = asked.get(content)
          if (first === undefined) asked.set(content, stanza.attrs.id)
          if (first === undefined) return undefined
          const error = xml('error', { type: 'wait' }, xml('unexpected-request', { xmlns: ns.stanzaErrors }))
          return [xml('iq', { type: 'error', id: stanza.attrs.id, from: stanza.attrs.to }, error)]
        },
      }
    },
  },
  {
    id: 'stale',
    what: 'answers every request as it answered the first of its kind',
    begin: () => {
      const kinds = new Map<string, string>()
      const answers = new Map<string, Element>()
      return {
        sent: (stanza) => {
          const payload = stanza.is('iq') && stanza.attrs.type === 'get' ? stanza.getChildElements()[0] : undefined
          if (payload && stanza.attrs.id) kinds.set(stanza.attrs.id, `${stanza.attrs.to} ${payload.getNS()}`)
          return undefined
        },
        received: (element) => {
          const kind = isResult(element) && kinds.get(element.attrs.id ?? '')
          if (!kind) return [element]
          const first = answers.get(kind) ?? element
          answers.set(kind, first)
          const answer = xml('iq', { ...first.attrs, id: element.attrs.id })
          answer.parent = element.parent
          answer.append(...first.children)
          return [answer]
        },
      }
    },
  },
  {
    id: 'reorders',
    what: 'delivers two messages in the wrong order',
    begin: () => {
      let held: Element | undefined
      return {
        received: (element) => {
          if (!element.is('message')) return [element]
          if (held === undefined) {
            held = element
            return []
          }
          const both = [element, held]
          held = undefined
          return both
        },
      }
    },
  },
  { id: 'promiscuous', what: 'delivers every stanza to everybody', promiscuous: true },
  {
    id: 'bare-header',
    what: 'sends a stream header without attributes',
    header: (header) => {
      for (const name of ['id', 'version', 'from', 'xml:lang', 'to']) delete header.attrs[name]
      return header
    },
  },
  {
    id: 'same-header',
    what: 'sends the same stream id each time',
    header: (header) => {
      header.attrs.id = 'always-the-same'
      return header
    },
  },
  {
    id: 'wrong-header',
    what: 'names another domain, version and namespace in the stream header',
    header: (header) => {
      Object.assign(header.attrs, { from: 'elsewhere.test', version: '0.9', xmlns: 'jabber:server' })
      header.name = header.is('open') ? 'open' : 'stream:wrong'
      return header
    },
  },
  {
    id: 'wrong-stream-error',
    what: 'names the wrong condition in stream errors',
    element: change(
      (el) => el.is('error', ns.streams),
      (el) => replaceCondition(el, ns.streamErrors),
    ),
  },
  { id: 'keeps-open', what: 'never closes a stream', keepsOpen: true },
  {
    id: 'lets-everybody-in',
    what: 'accepts every authentication',
    element: change(
      (el) => el.is('failure', ns.sasl),
      (el) => {
        el.name = 'success'
        el.children = []
      },
    ),
  },
  {
    id: 'wrong-sasl-condition',
    what: 'names the wrong condition in SASL failures',
    element: change(
      (el) => el.is('failure', ns.sasl),
      (el) => {
        el.children = [xml('temporary-auth-failure')]
      },
    ),
  },
  {
    id: 'proves-nothing',
    what: 'does not prove that it knows the password',
    element: change(
      (el) => el.is('success', ns.sasl),
      (el) => {
        el.children = ['dj1BQUFB']
      },
    ),
  },
  {
    id: 'garbles-nonzas',
    what: 'changes every attribute and text of other elements',
    element: change(isNonza, (el) => garble(el, false)),
  },
  { id: 'garbles', what: 'changes every attribute and text inside stanzas', element: change(isStanza, garble) },
  {
    id: 'empty-results',
    what: 'answers IQs without their content',
    element: change(isResult, (el) => {
      el.children = []
    }),
  },
  {
    id: 'strips-bodies',
    what: 'removes the plain content of messages and presences',
    element: change(
      (el) => isPush(el) && !el.is('iq'),
      (el) => {
        const core = ['body', 'subject', 'thread', 'show', 'status', 'priority']
        el.children = el.getChildElements().filter((child) => !core.includes(child.name))
      },
    ),
  },
  {
    id: 'wrong-addressee',
    what: 'addresses stanzas to somebody else',
    element: change(isStanza, (el) => {
      el.attrs.to = 'stranger@elsewhere.test/x'
    }),
  },
  {
    id: 'refuses-everything',
    what: 'answers every IQ with an error',
    element: change(isResult, (el) => {
      el.attrs.type = 'error'
      el.children = []
      const error = xml('error', { type: 'cancel' }, xml('feature-not-implemented', { xmlns: ns.stanzaErrors }))
      el.append(error)
    }),
  },
  { id: 'loses-nonzas', what: 'sends no elements beside stanzas', element: drop(isNonza) },
  { id: 'loses-pushes', what: 'sends no IQ of its own', element: drop((el) => el.is('iq') && isPush(el)) },
  { id: 'loses-presence', what: 'delivers no presence', element: drop((el) => el.is('presence')) },
  { id: 'loses-messages', what: 'delivers no message', element: drop((el) => el.is('message')) },
  {
    id: 'silent-sasl',
    what: 'breaks SASL off',
    element: drop((el) => el.getNS() === ns.sasl),
  },
  {
    id: 'no-features',
    what: 'offers no stream features',
    element: change(
      (el) => el.is('features', ns.streams),
      (el) => {
        el.children = []
      },
    ),
  },
  { id: 'loses-features', what: 'sends no stream features', element: drop((el) => el.is('features', ns.streams)) },
  {
    id: 'offers-everything',
    what: 'offers STARTTLS, SASL and binding at any time',
    element: change(
      (el) => el.is('features', ns.streams),
      (el) => {
        el.append(
          xml('starttls', { xmlns: ns.tls }),
          xml('mechanisms', { xmlns: ns.sasl }, xml('mechanism', {}, 'PLAIN'), xml('mechanism', {}, 'no mechanism')),
          xml('bind', { xmlns: ns.bind }),
        )
      },
    ),
  },
  { id: 'no-stream-error', what: 'sends no stream error', element: drop((el) => el.is('error', ns.streams)) },
  { id: 'never-answers', what: 'answers no IQ', element: drop((el) => isResult(el) || (isError(el) && el.is('iq'))) },
]
