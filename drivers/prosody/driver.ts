import type { Account, XmppServerDriver } from '../../harness/lab/lab.ts'

/** Where the configuration of containers/prosody keeps its data. */
const data = '/var/lib/prosody'

/** Prosody writes a name into a path with everything but ASCII letters and digits as %xx (util.datamanager). */
const encode = (name: string) =>
  [...Buffer.from(name)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      return /[A-Za-z0-9]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
    })
    .join('')

/** A Lua string literal: every byte that could mean something as a decimal escape. */
const quote = (text: string) =>
  `"${[...Buffer.from(text)].map((byte) => (/[\w .-]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`)).join('')}"`

/** One shell command an account: the file that mod_storage_internal would write, which is read anew at each login. */
const create = ({ local, domain, password }: Account) => {
  const folder = `${data}/${encode(domain)}/accounts`
  const path = `${folder}/${encode(local)}.dat`
  return `printf '%s\\n' 'return { ["password"] = ${quote(password)}; };' >'${path}'`
}

const driver: XmppServerDriver = {
  environment: () => ({}),
  readyLine: /Activated service 'https' on/,
  ports: { starttls: 5222, directTls: 5223, websocket: { port: 5281, path: '/xmpp-websocket', tls: true } },
  services: (domain) => ({ muc: `conference.${domain}`, pubsub: `pubsub.${domain}`, upload: `upload.${domain}` }),
  nodeOwners: () => Array.from({ length: 5000 }, (_, n) => `owner-${String(n + 1).padStart(4, '0')}`),
  addAccounts: async (container, accounts) => {
    if (accounts.length === 0) return
    const folders = new Set(accounts.map(({ domain }) => `${data}/${encode(domain)}/accounts`))
    const script = ['set -e', ...[...folders].map((folder) => `mkdir -p '${folder}'`), ...accounts.map(create)]
    await container.exec(['sh'], { input: `${script.join('\n')}\n` })
  },
}

export default driver
