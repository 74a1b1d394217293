import { defineOffer } from '../server-feature.ts'

// What changes nothing but the list of mechanisms, the TLS handshake or the messages of a mechanism: see `sasl/`.

/** ANONYMOUS beside the other mechanisms (RFC 4505). */
export const anonymous = defineOffer({ name: 'anonymous', connect: () => ({}) })

/** EXTERNAL beside the other mechanisms, and the client is asked for its certificate (RFC 6120 §6.3.4). */
export const external = defineOffer({ name: 'external', connect: () => ({}) })

/** SCRAM protects what was announced against downgrade (XEP-0474). */
export const ssdp = defineOffer({ name: 'ssdp', connect: () => ({}) })
