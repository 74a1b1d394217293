import type { AskedRole } from '../lab/implementation.ts'
import type { ClientFixtures } from './client-fixtures.ts'
import type { IceFixtures } from './ice-fixtures.ts'
import type { PairFixtures } from './pair-fixtures.ts'
import type { ServerFixtures } from './server-fixtures.ts'
import type { TurnFixtures } from './turn-fixtures.ts'

/** What the body of a case gets, by the role of its IUT. */
export interface RoleFixtures extends Record<AskedRole, unknown> {
  'xmpp-server': ServerFixtures
  'xmpp-client': ClientFixtures
  'ice-agent': IceFixtures
  'ice-pair': PairFixtures
  'turn-server': TurnFixtures
}
