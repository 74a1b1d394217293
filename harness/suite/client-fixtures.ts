/** What a case of role `xmpp-client` works with: the scripted server and the client under test. */
export interface ClientFixtures {
  readonly domain: string
}
