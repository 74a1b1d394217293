/** What a case of role `xmpp-server` works with. */
export interface ServerFixtures {
  readonly domain: string
}
