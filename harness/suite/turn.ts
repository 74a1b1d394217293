// What suites of role turn-server import beside index.ts.

export {
  answerOf,
  errorOf,
  lifetimeOf,
  orNothing,
  type PeerData,
  relayedOf,
  type TurnClient,
} from '../tester/turn-client/turn-client.ts'
export {
  type Change,
  channelDataBytes,
  channelField,
  evenPortField,
  familyField,
  leaving,
  peerField,
  putting,
  transportField,
  turnMethods,
} from '../tester/turn-client/turn-draft.ts'
export type { AtPeer, TurnPeer } from '../tester/turn-client/turn-peer.ts'
export type { Endpoint } from '../wire/ip/address.ts'
export { checkIntegrity } from '../wire/stun/stun-integrity.ts'
export { attributeOf, type StunMessage } from '../wire/stun/stun-message.ts'
export { stunAttributes as stun } from '../wire/stun/stun-names.ts'
export { mappedAddressOf, textOf, unknownTypesOf } from '../wire/stun/stun-values.ts'
export type { TurnClientChoice, TurnFixtures } from './turn-fixtures.ts'
