import type { Role } from '../lab/implementation.ts'
import type { ClientFixtures } from './client-fixtures.ts'
import type { ServerFixtures } from './server-fixtures.ts'

/** What the body of a case gets, by the role of its IUT. */
export interface RoleFixtures extends Record<Role, unknown> {
  'xmpp-server': ServerFixtures
  'xmpp-client': ClientFixtures
}
