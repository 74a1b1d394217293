/** What stands where a secret stood. */
export const redacted = '[redacted]'

/** Shorter secrets are not looked for: they would be found in everything. */
const shortestSecret = 3

/**
 * Takes given secrets out of whatever is written to disk: as they are, in base64 (also inside SASL PLAIN's message,
 * where they stand behind two names: RFC 4616), in hex, escaped for XML or JSON, and encoded for URLs.
 */
export class Redactor {
  readonly #forms: string[]

  /** @param accounts the accounts whose passwords are secret; `jid` serves to know SASL PLAIN's messages by. */
  constructor(accounts: { jid?: string; password: string }[] = []) {
    const forms = new Set<string>()
    for (const { jid, password } of accounts) {
      if (password.length < shortestSecret) continue
      for (const form of formsOf(password)) forms.add(form)
      if (jid) for (const form of plainMessages(jid, password)) forms.add(form)
    }
    // The longest first, so that no shorter form leaves the rest of a longer one behind.
    this.#forms = [...forms].sort((a, b) => b.length - a.length)
  }

  /** The text without the secrets. */
  text(text: string): string {
    let clean = text
    for (const form of this.#forms) if (clean.includes(form)) clean = clean.replaceAll(form, redacted)
    return clean
  }

  /** The same value with every string in it (keys apart) redacted. */
  value<T>(value: T): T {
    if (this.#forms.length === 0) return value
    return this.#walk(value) as T
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (Array.isArray(value)) return value.map((one) => this.#walk(one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#walk(one)]))
  }
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  return [
    secret,
    escapeXml(secret, '&apos;', '&quot;'),
    escapeXml(secret, '&#39;', '&#34;'),
    escapeXml(secret, "'", '"'),
    encodeURIComponent(secret),
    encodeURI(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    ...base64Forms(bytes),
  ]
}

/** Base64 of the secret alone, and what of it is the same wherever it stands within a longer text. */
function base64Forms(bytes: Buffer): string[] {
  const forms = [bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')]
  for (const before of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const firstWhole = before === 0 ? 0 : before + 1
    const wholeBits = (before + bytes.length) * 8
    const core = padded.slice(firstWhole, Math.floor(wholeBits / 6))
    if (core.length >= 6) forms.push(core)
  }
  return forms
}

function plainMessages(jid: string, password: string): string[] {
  const [local = ''] = jid.split('@')
  return ['', jid].map((authzid) => Buffer.from(`${authzid}\0${local}\0${password}`).toString('base64'))
}

const escapeXml = (text: string, apostrophe: string, quote: string) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/'/g, apostrophe).replace(/"/g, quote)

/** A command line without the passwords of `--account jid:password`. */
export function redactCommandLine(argv: string[]): string[] {
  let accounts = false
  return argv.map((word) => {
    const [, inline] = /^--account=(.*)$/s.exec(word) ?? []
    if (inline !== undefined) return `--account=${hidePassword(inline)}`
    if (word.startsWith('-')) {
      accounts = word === '--account'
      return word
    }
    return accounts ? hidePassword(word) : word
  })
}

const hidePassword = (account: string) => account.replace(/:.*$/s, `:${redacted}`)
