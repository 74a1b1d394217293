import { defineSuite, tells } from '../../harness/suite/index.ts'
import { type Afterthought, ignores, takes } from './_client-afterthoughts.ts'

const correction: Afterthought = {
  event: 'corrected',
  payload: (id) => `<body>corrected</body><replace id='${id}' xmlns='urn:xmpp:message-correct:0'/>`,
}
const control = 'xep-0308/4/client-takes-correction'

export default defineSuite(
  {
    specification: 'XEP-0308',
    version: '1.2.1',
    title: 'Last Message Correction',
    category: 'IM',
    topic: 'Messages',
    role: 'xmpp-client',
    requires: [tells('corrected')],
  },
  ({ test }) => {
    test(
      control,
      {
        section: '4',
        leads: false,
        level: 'none',
        statement: 'a message that its sender corrects is shown as corrected',
      },
      (fixtures) => takes(fixtures, correction),
    )

    test(
      'xep-0308/4/client-takes-no-correction-of-stranger',
      {
        section: '4',
        leads: false,
        level: 'MUST',
        security: true,
        control,
        statement: 'nobody corrects a message that somebody else has sent',
      },
      (fixtures) => ignores(fixtures, correction),
    )
  },
)
