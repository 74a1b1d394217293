import { visible } from '../model/visible.ts'

/** Text inside a line of Markdown: nothing in it formats, links, mentions, opens HTML or ends a table's cell. */
export const escapeMarkdown = (text: string): string =>
  visible(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]#|~]/g, '\\$&')
    .replace(/[<>&@]|:(?=\/\/)/g, (character) => `&#${character.charCodeAt(0)};`)

/** Text as code inside a line of Markdown, also in a table. */
export function codeMarkdown(text: string): string {
  const line = visible(text).replace(/\s+/g, ' ').replaceAll('|', '¦').trim()
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest > 0 ? `${fence} ${line} ${fence}` : `${fence}${line || ' '}${fence}`
}

/** A statement: what stands between backticks as code, the rest escaped. */
export const proseMarkdown = (text: string): string =>
  text
    .split(/(`[^`]+`)/)
    .map((part, index) => (index % 2 === 1 ? codeMarkdown(part.slice(1, -1)) : escapeMarkdown(part)))
    .join('')
