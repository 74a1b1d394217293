import { defineSuite, tells } from '../../harness/suite/index.ts'
import { type Afterthought, ignores, takes } from './_client-afterthoughts.ts'

const retraction: Afterthought = {
  event: 'retracted',
  payload: (id) =>
    `<retract id='${id}' xmlns='urn:xmpp:message-retract:1'/>` +
    `<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/><body>retracted</body>`,
}
const control = 'xep-0424/5/client-takes-retraction'

export default defineSuite(
  {
    specification: 'XEP-0424',
    version: '0.4.2',
    title: 'Message Retraction',
    category: 'IM',
    topic: 'Messages',
    role: 'xmpp-client',
    requires: [tells('retracted')],
  },
  ({ test }) => {
    test(
      control,
      {
        section: '5',
        leads: false,
        level: 'none',
        statement: 'a message that its sender retracts is shown as retracted, or no more',
      },
      (fixtures) => takes(fixtures, retraction),
    )

    test(
      'xep-0424/5/client-takes-no-retraction-of-stranger',
      {
        section: '5',
        leads: false,
        level: 'MUST',
        security: true,
        control,
        statement: 'nobody retracts a message that somebody else has sent',
      },
      (fixtures) => ignores(fixtures, retraction),
    )
  },
)
