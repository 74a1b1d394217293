// What suites of role ice-agent import beside index.ts.

export { type Draft, indicationDraft, roleField, withField, withoutField } from '../tester/ice-peer/drafts.ts'
export {
  candidatePriority,
  type IceCandidate,
  priorityParts,
  typePreferences,
} from '../tester/ice-peer/ice-candidate.ts'
export { type IceDescription, sdpSections } from '../tester/ice-peer/ice-description.ts'
export { answerIn, codeOf, type IcePeer, type Seen } from '../tester/ice-peer/ice-peer.ts'
export { samePlace } from '../tester/ice-peer/pairs.ts'
export type { StunField } from '../wire/stun/encode-stun.ts'
export { encodeStun, errorCodeValue, xorAddressValue } from '../wire/stun/encode-stun.ts'
export {
  checkFingerprint,
  checkIntegrity,
  fingerprintOf,
  integrityOf,
  shortTermKey,
} from '../wire/stun/stun-integrity.ts'
export { attributeOf, type StunMessage } from '../wire/stun/stun-message.ts'
export { stunAttributes as stun } from '../wire/stun/stun-names.ts'
export { addressOf, mappedAddressOf, numberOf, textOf, tieBreakerOf, unknownTypesOf } from '../wire/stun/stun-values.ts'
export type { AgentUnderTest, IceFixtures, MeetOptions } from './ice-fixtures.ts'
