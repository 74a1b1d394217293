import type { XmppServerDriver } from '../../harness/lab/lab.ts'

const driver: XmppServerDriver = {
  environment: () => ({}),
  readyLine: /accepting C2S socket connections.*:5223/,
  ports: { starttls: 5222, directTls: 5223 },
  services: () => ({}),
  pool: ({ source }) => {
    const size = source.kind === 'image' ? Number(source.buildArgs.POOL) : 0
    return Array.from({ length: size }, (_, n) => {
      const number = String(n + 1).padStart(3, '0')
      return { local: `pool-${number}`, password: `secret-${number}` }
    })
  },
  addAccounts: async (container, accounts) => {
    if (accounts.length === 0) return
    // NUL-separated, so that a password may hold anything; in parallel, since each costs the server four key derivations.
    const input = accounts.map(({ local, password }) => `${local}:${password}\0`).join('')
    await container.exec(['xargs', '-0', '-P', '4', '-n', '1', 'jackalctl', 'user', 'add'], { input })
  },
}

export default driver
