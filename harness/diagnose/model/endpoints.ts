import type { Endpoint } from '../../wire/ip/address.ts'

/** `192.0.2.1:5000`, `[2001:db8::1]:5000`. */
export const endpointText = ({ address, port }: Endpoint): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

/** One direction of a 5-tuple, as a key. */
export const wayText = (source: Endpoint, destination: Endpoint): string =>
  `${endpointText(source)}>${endpointText(destination)}`

export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean => a.port === b.port && a.address === b.address
