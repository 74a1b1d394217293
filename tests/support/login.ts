import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import tls from 'node:tls'
import type { Account, ServerEndpoints } from '../../harness/lab/lab.ts'

/**
 * Logs in as plainly as can be, over STARTTLS or direct TLS, and closes: whether the server takes this account. Apart
 * from the tester on purpose, so that tests of the lab stand on the lab alone.
 */
export async function logsIn(endpoints: ServerEndpoints, account: Account, { direct = false } = {}): Promise<boolean> {
  const { host, domain, ca } = endpoints
  const header = `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
  let raw: Socket | undefined
  if (!direct) {
    raw = connect(endpoints.starttls ?? 0, host)
    raw.write(header)
    await until(raw, '</stream:features>')
    raw.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    await until(raw, '<proceed')
  }
  const options = { servername: domain, ...(ca === undefined ? {} : { ca }) }
  const socket = tls.connect(raw ? { socket: raw, ...options } : { host, port: endpoints.directTls ?? 0, ...options })
  try {
    socket.write(header)
    await until(socket, '</stream:features>')
    // SCRAM-SHA-1 (RFC 5802), which every server has.
    const bare = `n=${account.local},r=${'nonce'.repeat(5)}`
    socket.write(sasl('auth', `n,,${bare}`, " mechanism='SCRAM-SHA-1'"))
    const challenge = /<challenge[^>]*>([^<]*)</.exec(await until(socket, '</challenge>', '</failure>'))?.[1]
    if (challenge === undefined) return false
    const serverFirst = Buffer.from(challenge, 'base64').toString()
    const [, nonce = '', salt = '', iterations = ''] = /^r=([^,]*),s=([^,]*),i=(\d+)/.exec(serverFirst) ?? []
    const salted = pbkdf2Sync(account.password, Buffer.from(salt, 'base64'), Number(iterations), 20, 'sha1')
    const clientKey = createHmac('sha1', salted).update('Client Key').digest()
    const storedKey = createHash('sha1').update(clientKey).digest()
    const clientFinal = `c=biws,r=${nonce}`
    const signature = createHmac('sha1', storedKey).update(`${bare},${serverFirst},${clientFinal}`).digest()
    const proof = Buffer.from(clientKey.map((byte, n) => byte ^ (signature[n] ?? 0)))
    socket.write(sasl('response', `${clientFinal},p=${proof.toString('base64')}`))
    return (await until(socket, '<success', '</failure>')).includes('<success')
  } finally {
    socket.destroy()
    raw?.destroy()
  }
}

const sasl = (name: string, content: string, attributes = '') =>
  `<${name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'${attributes}>${Buffer.from(content).toString('base64')}</${name}>`

/** What arrives up to the first of these texts. */
function until(socket: Socket, ...ends: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const done = (settle: () => void) => {
      clearTimeout(timer)
      socket.off('data', onData).off('error', reject).off('close', onClose)
      settle()
    }
    const onData = (chunk: Buffer) => {
      received += chunk.toString()
      if (ends.some((end) => received.includes(end))) done(() => resolve(received))
    }
    const onClose = () => done(() => reject(new Error(`closed after: ${received}`)))
    const timer = setTimeout(() => done(() => reject(new Error(`neither of ${ends} in: ${received}`))), 10_000)
    socket.on('data', onData).on('error', reject).on('close', onClose)
  })
}
