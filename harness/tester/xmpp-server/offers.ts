import { basics } from './features/basics.ts'
import { bind } from './features/bind.ts'
import { bind2 } from './features/bind2.ts'
import { blocking } from './features/blocking.ts'
import { channelBinding } from './features/channel-binding.ts'
import { fast } from './features/fast.ts'
import { anonymous, external, ssdp } from './features/login-options.ts'
import { rooms } from './features/rooms.ts'
import { rosterVersions } from './features/roster-versions.ts'
import { sasl } from './features/sasl.ts'
import { sasl2 } from './features/sasl2.ts'
import { session } from './features/session.ts'
import { starttls } from './features/starttls.ts'
import { streamManagement } from './features/stream-management.ts'

/**
 * All that the scripted server can offer, in the order in which features are listed, elements are shown to them, and
 * what was asked for inline is done: what resumes a session stands before `bind2`. A new one is a module in `features/`
 * and a line here, before `basics`, which answers what nobody else does.
 */
export const offers = [
  starttls,
  sasl,
  sasl2,
  channelBinding,
  anonymous,
  external,
  ssdp,
  streamManagement,
  bind2,
  fast,
  bind,
  session,
  rosterVersions,
  blocking,
  rooms,
  basics,
] as const

/** The names for `server.offer`. */
export type OfferName = (typeof offers)[number]['name']
