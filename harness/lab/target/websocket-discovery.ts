/** How long a domain's web server may take, milliseconds. */
const fetchTimeoutMs = 3_000
const relation = 'urn:xmpp:alt-connections:websocket'

/** The WebSocket URL that a domain publishes in host-meta (RFC 7395 §4, XEP-0156 §3), if there is a secure one. */
export async function discoverWebSocket(domain: string): Promise<string | undefined> {
  for (const [file, read] of [
    ['host-meta.json', fromJson],
    ['host-meta', fromXrd],
  ] as const) {
    try {
      const response = await fetch(`https://${domain}/.well-known/${file}`, {
        redirect: 'error',
        signal: AbortSignal.timeout(fetchTimeoutMs),
      })
      if (!response.ok) continue
      const url = read((await response.text()).slice(0, 100_000))
      if (url?.startsWith('wss://')) return url
    } catch {
      // No web server, no such file, not readable: then the domain publishes none.
    }
  }
  return undefined
}

function fromJson(text: string): string | undefined {
  const { links } = JSON.parse(text) as { links?: { rel?: string; href?: string }[] }
  return links?.find(({ rel }) => rel === relation)?.href
}

function fromXrd(text: string): string | undefined {
  const links = text.match(/<Link\b[^>]*>/g) ?? []
  return links.find((link) => link.includes(relation))?.match(/href\s*=\s*['"]([^'"]+)['"]/)?.[1]
}
