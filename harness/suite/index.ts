// The only thing a suite imports.
export { default as xml, Element, escapeXML } from '@xmpp/xml'
export type { Account, ServerEndpoints } from '../lab/lab.ts'
export { parseElement } from '../tester/xml/stream-parser.ts'
export { ns } from '../tester/xmpp-client/namespaces.ts'
export { mechanisms, type RawStream, scramAttributes } from '../tester/xmpp-client/raw-stream.ts'
export { occupantItem, type Room, statusCodes } from '../tester/xmpp-client/room.ts'
export { Scram, scramHash } from '../tester/xmpp-client/scram.ts'
export type { Session } from '../tester/xmpp-client/session.ts'
export { type ManagedSession, managedSession } from '../tester/xmpp-server/features/stream-management.ts'
export type { ClientFixtures, LoginAs, LoginOutcome } from './client-fixtures.ts'
export { type Case, type CaseHead, defineSuite, type Suite } from './define-suite.ts'
export { expect, stanzaError } from './expect.ts'
export type { PairFixtures, PairStageResult } from './pair-fixtures.ts'
export {
  capability,
  feature,
  mechanism,
  presumed,
  type Requirement,
  service,
  streamFeature,
  tells,
} from './requirements.ts'
export type { ConnectOptions, HttpAnswer, HttpOptions, RoomOptions, ServerFixtures } from './server-fixtures.ts'
export { ExpectationError, Inconclusive, NothingCame, Unsupported } from './verdict-errors.ts'
