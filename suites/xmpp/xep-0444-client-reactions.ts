import { defineSuite, tells } from '../../harness/suite/index.ts'
import { type Afterthought, ignores, takes } from './_client-afterthoughts.ts'

const reaction: Afterthought = {
  event: 'reacted',
  payload: (id) => `<reactions id='${id}' xmlns='urn:xmpp:reactions:0'><reaction>\u{1f44b}</reaction></reactions>`,
}
const control = 'xep-0444/4/client-takes-reaction'

export default defineSuite(
  {
    specification: 'XEP-0444',
    version: '0.2.1',
    title: 'Message Reactions',
    category: 'IM',
    topic: 'Messages',
    role: 'xmpp-client',
    requires: [tells('reacted')],
  },
  ({ test }) => {
    test(
      control,
      {
        section: '4',
        leads: false,
        level: 'SHOULD',
        statement: 'a reaction of somebody who takes part in the conversation is shown with the message',
      },
      (fixtures) => takes(fixtures, reaction),
    )

    test(
      'xep-0444/4.1/client-takes-no-reaction-of-stranger',
      {
        section: '4.1',
        leads: false,
        level: 'MUST',
        security: true,
        control,
        statement: 'nobody reacts to a message of a conversation in which they take no part',
      },
      (fixtures) => ignores(fixtures, reaction),
    )
  },
)
