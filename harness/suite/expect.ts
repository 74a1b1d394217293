import type { Element } from '@xmpp/xml'
import type { Behaviour } from '../record/results-schema.ts'
import { brief } from '../tester/xml/brief.ts'
import type { RawStream } from '../tester/xmpp-client/raw-stream.ts'
import { ExpectationError } from './verdict-errors.ts'

const stanzaErrors = 'urn:ietf:params:xml:ns:xmpp-stanzas'

/** Condition and type of a stanza error (RFC 6120 §8.3.2); undefined where it is none. */
export function stanzaError(stanza: Element): { condition: string; type: string | undefined } | undefined {
  const error = stanza.getChild('error')
  if (stanza.attrs.type !== 'error' || !error) return undefined
  const condition = error
    .getChildElements()
    .find((child) => child.getNS() === stanzaErrors && child.getName() !== 'text')
  return { condition: condition?.getName() ?? '', type: error.attrs.type }
}

const oneOf = (words: readonly string[]): string => words.map((word) => `<${word}/>`).join(' or ')

const expectations = {
  /** The general form. `expected` completes "expected …", `actual` completes "got …". */
  ok(condition: unknown, expected: string, actual: string | Element, how?: Behaviour): asserts condition {
    if (!condition) throw new ExpectationError(expected, typeof actual === 'string' ? actual : brief(actual), how)
  },

  /** The statement was broken, whatever the reason. */
  fail(expected: string, actual: string | Element, how?: Behaviour): never {
    throw new ExpectationError(expected, typeof actual === 'string' ? actual : brief(actual), how)
  },

  equal(actual: string | number | null | undefined, expected: string | number, what: string): void {
    if (actual !== expected)
      throw new ExpectationError(`${what} "${expected}"`, actual == null ? 'none' : `"${actual}"`)
  },

  /** An IQ result; returns it. */
  result(answer: Element, what = 'a result'): Element {
    if (!answer.is('iq') || answer.attrs.type !== 'result') throw new ExpectationError(what, brief(answer))
    return answer
  },

  /** A stanza error with one of the conditions (any, where none is given), and of the type where one is given. */
  error(stanza: Element, conditions: string | readonly string[] = [], type?: string): Element {
    const wanted = typeof conditions === 'string' ? [conditions] : conditions
    const found = stanzaError(stanza)
    const expected = `an error${wanted.length > 0 ? ` ${oneOf(wanted)}` : ''}${type ? ` of type "${type}"` : ''}`
    const fits = found && (wanted.length === 0 || wanted.includes(found.condition)) && (!type || found.type === type)
    if (!fits) throw new ExpectationError(expected, brief(stanza))
    return stanza
  },

  /**
   * Waits for a stream error with one of the conditions (any, where none is given); returns it (RFC 6120 §4.9).
   *
   * @throws NothingCame when none comes.
   */
  async streamError(stream: RawStream, conditions: string | readonly string[] = []): Promise<Element> {
    const wanted = typeof conditions === 'string' ? [conditions] : conditions
    const { condition, element } = await stream.streamError()
    if (condition === '' || (wanted.length > 0 && !wanted.includes(condition))) {
      throw new ExpectationError(`a stream error ${oneOf(wanted)}`.trimEnd(), brief(element))
    }
    return element
  },

  /** A child by name and namespace; returns it. */
  child(parent: Element, name: string, xmlns?: string): Element {
    const child = parent.getChild(name, xmlns)
    if (!child) throw new ExpectationError(`<${name}${xmlns ? ` xmlns='${xmlns}'` : ''}/> inside`, brief(parent))
    return child
  },

  /** An attribute with this value. */
  attribute(element: Element, name: string, value: string): void {
    if (element.attrs[name] !== value) throw new ExpectationError(`${name}='${value}'`, brief(element))
  },

  /** Nothing of the kind came. Look only after a marker that was sent behind has arrived. */
  none(elements: readonly Element[], what: string): void {
    const [first] = elements
    if (first) throw new ExpectationError(`no ${what}`, brief(first))
  },
}

export type Expect = typeof expectations
/** Says what the statement demands; each throws ExpectationError with what was expected and what came. */
export const expect: Expect = expectations
