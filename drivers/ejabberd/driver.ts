import { type Account, LabError, type XmppServerDriver } from '../../harness/lab/lab.ts'

/** The administration API, inside the container only; the control script would need seconds an account. */
const api = 'http://127.0.0.1:5280/api/register'

/** A transfer in curl's configuration language, in which a string may carry backslash escapes. */
const transfer = ({ local, domain, password }: Account) => {
  const body = JSON.stringify({ user: local, host: domain, password })
  return [
    `url = "${api}"`,
    'header = "Content-Type: application/json"',
    `data-raw = "${body.replace(/["\\]/g, '\\$&')}"`,
    String.raw`write-out = "\n%{http_code}\n"`,
    'silent',
    'show-error',
  ].join('\n')
}

const driver: XmppServerDriver = {
  environment: () => ({}),
  readyLine: /Start accepting TCP connections at \S+:5222 for ejabberd_c2s/,
  ports: { starttls: 5222, directTls: 5223, websocket: { port: 5443, path: '/ws', tls: true } },
  services: (domain) => ({ muc: `conference.${domain}`, pubsub: `pubsub.${domain}`, upload: `upload.${domain}` }),
  // Mnesia writes its tables to disk some time after the registration is answered.
  forgetsAccounts: true,
  addAccounts: async (container, accounts) => {
    if (accounts.length === 0) return
    const output = await container.exec(['curl', '-K', '-'], { input: accounts.map(transfer).join('\nnext\n') })
    const codes = output.split('\n').filter((line) => /^\d{3}$/.test(line))
    // 409: there already, as after a restart.
    const refused = codes.filter((code) => code !== '200' && code !== '409').length
    if (refused > 0 || codes.length < accounts.length) {
      throw new LabError(`ejabberd made ${codes.length - refused} of ${accounts.length} accounts`, { log: output })
    }
  },
}

export default driver
