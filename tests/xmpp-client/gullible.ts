import type { ClientMistake } from '../../harness/tester/model-client/mistake.ts'
import type { ServerTransport } from '../../harness/tester/xmpp-server/scripted-server.ts'

/** The mistake that a case is there for, and over what it is shown; the model client passes the case over the same. */
export interface Gullible {
  mistakes: ClientMistake[]
  transport: ServerTransport
}

const over =
  (transport: ServerTransport) =>
  (...mistakes: ClientMistake[]): Gullible => ({ mistakes, transport })

export const starttls = over('starttls')
export const direct = over('direct-tls')
export const websocket = over('websocket')
export const bosh = over('bosh')
