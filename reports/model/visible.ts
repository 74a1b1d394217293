/**
 * Text from the wire as it can be shown: control characters become their pictures (`␛`), and what would reorder, hide
 * or break text (bidirectional overrides, zero-width characters, line separators, lone surrogates) becomes its code
 * point. Line feeds and tabs stay. Self-contained: its source also goes into the report's script.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (code === 9 || code === 10 || code === 0x200c || code === 0x200d) return character
    if (code < 32) return String.fromCodePoint(0x2400 + code)
    if (code === 127) return '␡'
    return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`
  })
}
