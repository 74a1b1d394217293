const cache = new Map<string, RegExp>()

/** Whether `text` fits `pattern`, in which `*` stands for anything (slashes too) and `?` for one character. */
export function fits(pattern: string, text: string): boolean {
  let expression = cache.get(pattern)
  if (!expression) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.')
    expression = new RegExp(`^${source}$`, 's')
    cache.set(pattern, expression)
  }
  return expression.test(text)
}

/** Whether the text holds one of the characters that make it a pattern. */
export const isPattern = (text: string): boolean => /[*?]/.test(text)
