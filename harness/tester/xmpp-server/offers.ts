import { basics } from './features/basics.ts'
import { bind } from './features/bind.ts'
import { sasl } from './features/sasl.ts'
import { session } from './features/session.ts'
import { starttls } from './features/starttls.ts'

/**
 * All that the scripted server can offer, in the order in which features are listed and elements are shown to them. A
 * new one is a module in `features/` and a line here, before `basics`, which answers what nobody else does.
 */
export const offers = [starttls, sasl, bind, session, basics] as const

/** The names for `server.offer`. */
export type OfferName = (typeof offers)[number]['name']
