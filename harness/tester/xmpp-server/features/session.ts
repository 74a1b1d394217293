import { defineOffer } from '../server-feature.ts'

/** The session of RFC 3921 §3, which nobody needs and servers announce for old clients. */
export const session = defineOffer({
  name: 'session',
  standard: true,
  connect: (connection) => ({
    advertise: (stage) =>
      stage === 'authenticated' && connection.jid === undefined
        ? `<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>`
        : '',
  }),
})
