import type { ClientFixtures } from '../../harness/suite/client-fixtures.ts'
import { capability, defineSuite, ns } from '../../harness/suite/index.ts'

const control = 'rfc6121/2.1.3/client-asks-its-own-roster'
const bootstraps = 'rfc6121/2.6.2/client-bootstraps-versions'
const versioned = [capability('roster-versioning')]

/** The version in each request for the roster so far; undefined where it says none. */
const versions = (server: ClientFixtures['server']) =>
  server
    .seen((element) => element.is('iq') && element.attrs.type === 'get')
    .flatMap((iq) => iq.getChild('query', ns.roster) ?? [])
    .map(({ attrs }) => attrs.ver)

export default defineSuite(
  {
    specification: 'RFC 6121',
    title: 'XMPP: Instant Messaging and Presence',
    category: 'IM',
    topic: 'Roster',
    role: 'xmpp-client',
    requires: [capability('roster')],
  },
  ({ test }) => {
    test('rfc6121/2.6.2/client-sends-no-version-unasked', {
      section: '2.6.2',
      leads: false,
      level: 'MUST',
      control,
      statement:
        'a client sends no roster version to a server that does not announce versions, even where it names one',
    }, async ({ server, client, expect, contact }) => {
      server.deviate('iq.reply', ({ namespace, usual }) =>
        namespace === ns.roster ? usual.replace(`<query xmlns='${ns.roster}'`, `$& ver='v1'`) : undefined,
      )
      await client.login()
      for (let asked = 0; asked < 2; asked++) {
        const told = JSON.stringify(await client.call('roster'))
        expect.ok(told.includes(contact), `the contact ${contact}, told`, told)
      }
      const sent = versions(server).filter((version) => version !== undefined)
      expect.ok(sent.length === 0, 'no version', `"${sent[0]}"`)
    })

    test(bootstraps, {
      section: '2.6.2',
      leads: false,
      level: 'MUST',
      requires: versioned,
      control,
      statement: 'where versions are announced, a client that has no roster yet names the empty version',
    }, async ({ server, client, expect, contact }) => {
      server.offer('roster-versions')
      await client.login()
      const told = JSON.stringify(await client.call('roster'))
      expect.ok(told.includes(contact), `the contact ${contact}, told`, told)
      expect.equal(versions(server)[0], '', 'version')
    })

    test('rfc6121/2.6.3/client-keeps-roster-that-has-not-changed', {
      section: '2.6.3',
      leads: false,
      level: 'none',
      requires: versioned,
      control: bootstraps,
      statement: 'a result without a query says that nothing has changed: it is no empty roster',
    }, async ({ server, client, expect, contact }) => {
      server.offer('roster-versions')
      await client.login()
      await client.call('roster')
      const told = JSON.stringify(await client.call('roster'))
      expect.ok(versions(server).at(-1) !== '', 'the version of the roster that it has', 'the empty one')
      expect.ok(told.includes(contact), `the contact ${contact}, told again`, told)
    })

    test('rfc6121/2.6.3/client-names-version-of-last-push', {
      section: '2.6.3',
      leads: false,
      level: 'SHOULD',
      requires: [...versioned, capability('roster-push')],
      control: bootstraps,
      statement: 'the version that a client names is that of the last push, not that of the roster it began with',
    }, async ({ server, client, expect, unique }) => {
      server.offer('roster-versions')
      const jid = await client.login()
      await client.call('roster')
      const version = unique('version')
      server.send(
        `<iq type='set' id='push' to='${jid}'><query xmlns='${ns.roster}' ver='${version}'>` +
          `<item jid='nurse@assay.test' subscription='none'/></query></iq>`,
      )
      await client.nextTold('roster', ({ items }) => JSON.stringify(items).includes('nurse@'), {
        awaited: 'the new contact, told',
      })
      await client.call('roster')
      expect.equal(versions(server).at(-1), version, 'version')
    })
  },
)
