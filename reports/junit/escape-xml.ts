/** Text for XML 1.0: markup escaped, characters that XML cannot hold shown as pictures or code points. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, (character) => {
      const code = character.codePointAt(0) ?? 0
      if (code === 9 || code === 10) return character
      return code < 32 ? String.fromCodePoint(0x2400 + code) : `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`
    })
    .replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
