import dns, { type LookupAddress, type LookupOptions } from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

type Callback = (error: NodeJS.ErrnoException | null, address?: string | LookupAddress[], family?: number) => void

/**
 * Lets everything in this process look names up at the name server that the environment variable ASSAY_DNS names
 * (`address:port`), as `/etc/resolv.conf` would have it on a machine of its own: a process cannot be given another one
 * without privileges. Node's own questions can be sent elsewhere; those that go through the C library, as every
 * connection to a host name does, are asked in its place. Does nothing where the variable is not set.
 */
export function useLabResolver(): void {
  const server = process.env.ASSAY_DNS
  if (!server) return
  dns.setServers([server])
  dns.promises.setServers([server])
  const lookup = (hostname: string, ...rest: [LookupOptions | number | Callback, Callback?]) => {
    const [first] = rest
    const options = typeof first === 'object' ? first : { family: typeof first === 'number' ? first : 0 }
    const callback = rest.at(-1) as Callback
    addresses(hostname, options).then(
      (found) => (options.all ? callback(null, found) : callback(null, found[0]?.address, found[0]?.family)),
      (error) => callback(error),
    )
  }
  dns.lookup = lookup as unknown as typeof dns.lookup
  dns.promises.lookup = (async (hostname: string, options: LookupOptions = {}) => {
    const found = await addresses(hostname, options)
    return options.all ? found : found[0]
  }) as typeof dns.promises.lookup
  syncBuiltinESMExports()
}

async function addresses(hostname: string, { family }: LookupOptions): Promise<LookupAddress[]> {
  const literal = net.isIP(hostname)
  if (literal) return [{ address: hostname, family: literal }]
  if (hostname === 'localhost') return [{ address: '127.0.0.1', family: 4 }]
  const none = (): string[] => []
  const [v4, v6] = await Promise.all([
    family === 6 || family === 'IPv6' ? [] : dns.promises.resolve4(hostname).catch(none),
    family === 4 || family === 'IPv4' ? [] : dns.promises.resolve6(hostname).catch(none),
  ])
  const found = [...v4.map((address) => ({ address, family: 4 })), ...v6.map((address) => ({ address, family: 6 }))]
  if (found.length > 0) return found
  throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), {
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname,
  })
}
