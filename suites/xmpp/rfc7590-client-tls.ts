import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

export default defineSuite(
  {
    specification: 'RFC 7590',
    title: 'Use of Transport Layer Security (TLS) in XMPP',
    category: 'Core',
    topic: 'TLS',
    role: 'xmpp-client',
    login: true,
    requires: [capability('starttls')],
  },
  ({ test }) => {
    test('rfc7590/3.1/client-tries-tls-that-is-not-offered', {
      section: '3.1',
      level: 'MUST',
      security: true,
      control: 'rfc6120/5.4.3.3/client-starts-tls',
      statement: 'a server that does not offer STARTTLS does not keep the client from trying it, or from giving up',
    }, async ({ server, client, expect }) => {
      const list = ['SCRAM-SHA-256', 'SCRAM-SHA-1'].map((name) => `<mechanism>${name}</mechanism>`).join('')
      server.deviate(
        'features.plain',
        `<stream:features><mechanisms xmlns='${ns.sasl}'>${list}</mechanisms></stream:features>`,
      )
      await client.attempt()
      const early = server.secrets.find(({ encrypted }) => !encrypted)
      expect.ok(
        early === undefined,
        'that it tries STARTTLS all the same, or gives up',
        `it authenticated in clear by ${early?.mechanism}`,
        'weaker',
      )
    })
  },
)
