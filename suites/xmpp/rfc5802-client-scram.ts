import { defineSuite, ns } from '../../harness/suite/index.ts'

// A client without SCRAM is not asked how it does it.
const control = 'rfc6120/13.8.1/client-implements-scram'
const scram = ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']

export default defineSuite(
  {
    specification: 'RFC 5802',
    title: 'Salted Challenge Response Authentication Mechanism (SCRAM)',
    category: 'Core',
    topic: 'SASL',
    role: 'xmpp-client',
    login: true,
  },
  ({ test }) => {
    test('rfc5802/5/client-refuses-wrong-signature', {
      section: '5',
      level: 'MUST',
      security: true,
      control,
      statement: 'a server whose signature is wrong has not proved that it knows the password: the exchange has failed',
    }, async ({ server, client, expect }) => {
      server.deviate(
        'scram.final',
        ({ signature }) => `v=${Buffer.alloc(Buffer.from(signature, 'base64').length, 7).toString('base64')}`,
      )
      expect.refusal(await client.attempt(), 'the server signature is wrong')
    })

    test('rfc5802/5/client-refuses-missing-signature', {
      section: '5',
      level: 'MUST',
      security: true,
      control,
      statement: 'a success without a server signature proves nothing: the exchange has failed',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.final', '')
      expect.refusal(await client.attempt(), 'the server signature is missing')
    })

    test('rfc5802/5/client-refuses-empty-signature', {
      section: '5',
      level: 'MUST',
      security: true,
      control,
      statement: 'an empty server signature is a wrong one',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.final', 'v=')
      expect.refusal(await client.attempt(), 'the server signature is empty')
    })

    test('rfc5802/5/client-refuses-success-at-once', {
      section: '5',
      level: 'MUST',
      security: true,
      control,
      statement: 'a success in place of the challenge, before any proof, is not believed',
    }, async ({ server, client, expect }) => {
      server.deviate('sasl.mechanisms', scram)
      server.deviate('sasl.auth', `<success xmlns='${ns.sasl}'/>`)
      expect.refusal(await client.attempt(), 'the server took no proof and gave none')
    })

    test('rfc5802/5.1/client-heeds-error', {
      section: '5.1',
      level: 'MUST',
      security: true,
      control,
      statement: 'a server-final-message with an error (e=) is a failure, whatever element it comes in',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.final', 'e=other-error')
      expect.refusal(await client.attempt(), 'the final message says e=other-error')
    })

    test('rfc5802/5.1/client-checks-nonce', {
      section: '5.1',
      leads: true,
      level: 'MUST',
      security: true,
      control,
      statement: 'the client verifies that the nonce begins with its own, and sends no proof where it does not',
    }, async ({ server, client, expect }) => {
      server.deviate(
        'scram.first',
        ({ nonce, salt }) => `r=${[...nonce].reverse().join('').replaceAll('=', 'A')},s=${salt},i=4096`,
      )
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'the nonce is not an extension of its own')
    })

    test('rfc5802/5.1/client-refuses-mandatory-extension', {
      section: '5.1',
      level: 'MUST',
      control,
      statement: 'a mandatory extension (m=) in a message of the server makes the exchange fail',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.first', ({ usual }) => `m=unheard-of,${usual}`)
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'the server asks for a mandatory extension')
    })

    test('rfc5802/5.1/client-ignores-optional-extension', {
      section: '5.1',
      level: 'MUST',
      control,
      statement: 'an unknown optional extension in a message of the server is ignored',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.first', ({ usual }) => `${usual},x=unheard-of`)
      expect.online(await client.attempt(), 'although the challenge has an optional extension')
    })

    test('rfc5802/5.1/client-refuses-missing-salt', {
      section: '5.1',
      level: 'none',
      security: true,
      control,
      statement: 'a challenge without a salt gets no proof: it would be one of the bare password',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.first', ({ nonce }) => `r=${nonce},i=4096`)
      const outcome = await client.attempt()
      expect.noSecret(server, 'any')
      expect.refusal(outcome, 'there is no salt')
    })

    test('rfc5802/5.1/client-refuses-one-iteration', {
      section: '5.1',
      level: 'none',
      security: true,
      control,
      statement: 'an iteration count of one gets no proof: from it the password is guessed at leisure',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.first', ({ nonce, salt }) => `r=${nonce},s=${salt},i=1`)
      await client.attempt()
      expect.ok(server.secrets.length === 0, 'no proof', 'a proof with one iteration', 'weaker')
    })

    test('rfc5802/5.1/client-survives-ten-million-iterations', {
      section: '5.1',
      level: 'none',
      security: true,
      control,
      timeoutMs: 30_000,
      statement: 'an iteration count of ten million does not stop the client',
    }, async ({ server, client, expect }) => {
      server.deviate('scram.first', ({ nonce, salt }) => `r=${nonce},s=${salt},i=10000000`)
      expect.refusal(await client.attempt(), 'the iteration count is ten million')
    })
  },
)
