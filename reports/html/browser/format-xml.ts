/** A piece of XML and what it is. */
export interface XmlToken {
  kind: 'tag' | 'name' | 'value' | 'text' | 'other'
  text: string
}

/** A line of laid-out XML. */
export interface XmlLine {
  depth: number
  tokens: XmlToken[]
}

/**
 * Lays XML out to be read. It takes whatever a wire carries (half stanzas, stream headers that are never closed, not
 * XML at all), drops nothing but white space between elements, and never throws. Self-contained: its source also goes
 * into the report's script.
 */
export function formatXml(text: string): XmlLine[] {
  const markup =
    /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[?!][^>]*>|<\/[^<>]*>|<[^\s<>/](?:"[^"]*"|'[^']*'|[^<>"'])*>/g
  const nodes: { kind: 'open' | 'close' | 'empty' | 'text' | 'other'; text: string }[] = []
  let end = 0
  for (const { 0: piece, index } of text.matchAll(markup)) {
    if (index > end) nodes.push({ kind: 'text', text: text.slice(end, index) })
    end = index + piece.length
    const kind = piece[1] === '/' ? 'close' : /^<[?!]/.test(piece) ? 'other' : /\/\s*>$/.test(piece) ? 'empty' : 'open'
    nodes.push({ kind, text: piece })
  }
  if (end < text.length) nodes.push({ kind: 'text', text: text.slice(end) })

  const tokensOf = (piece: string): XmlToken[] => {
    const head = /^<\/?[^\s/>]+/.exec(piece)?.[0] ?? ''
    const tokens: XmlToken[] = [{ kind: 'tag', text: head }]
    const attribute = /([^\s=]+\s*=\s*)("[^"]*"|'[^']*')/g
    let last = head.length
    for (const match of piece.matchAll(attribute)) {
      if (match.index > last) tokens.push({ kind: 'tag', text: piece.slice(last, match.index) })
      tokens.push({ kind: 'name', text: match[1] ?? '' }, { kind: 'value', text: match[2] ?? '' })
      last = match.index + match[0].length
    }
    if (last < piece.length) tokens.push({ kind: 'tag', text: piece.slice(last) })
    return tokens
  }

  const lines: XmlLine[] = []
  let depth = 0
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]
    if (!node) continue
    if (node.kind === 'text') {
      // White space between elements goes; white space that is all there is stays (a keep-alive).
      if (node.text.trim() !== '' || nodes.length === 1) {
        lines.push({ depth, tokens: [{ kind: 'text', text: nodes.length === 1 ? node.text : node.text.trim() }] })
      }
    } else if (node.kind === 'other') {
      lines.push({ depth, tokens: [{ kind: 'other', text: node.text }] })
    } else if (node.kind === 'empty') {
      lines.push({ depth, tokens: tokensOf(node.text) })
    } else if (node.kind === 'close') {
      depth = Math.max(0, depth - 1)
      lines.push({ depth, tokens: tokensOf(node.text) })
    } else {
      const [next, afterNext] = [nodes[i + 1], nodes[i + 2]]
      const line = { depth, tokens: tokensOf(node.text) }
      lines.push(line)
      if (next?.kind === 'close') {
        line.tokens.push(...tokensOf(next.text))
        i += 1
      } else if (next?.kind === 'text' && afterNext?.kind === 'close') {
        line.tokens.push({ kind: 'text', text: next.text }, ...tokensOf(afterNext.text))
        i += 2
      } else if (!/^<(?:\w+:)?stream[\s>]/.test(node.text)) {
        // A stream's header stays open for the whole connection: what follows is not indented under it.
        depth++
      }
    }
  }
  return lines
}
