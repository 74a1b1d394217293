import {
  defineSuite,
  type Element,
  expect,
  feature,
  ns,
  type RawStream,
  streamFeature,
} from '../../harness/suite/index.ts'
import { caps, verification } from './_caps.ts'

/** Hash functions by their registered names (§4), and the bytes that they give. */
const hashLengths: Record<string, number> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
  'sha3-256': 32,
  'sha3-512': 64,
}
const announced = streamFeature('c', caps)

/** Logs in as far as the features after authentication, and gives the caps in them. */
async function serverCaps(stream: RawStream, account: { local: string; password: string }) {
  const features = await stream.login(account)
  return expect.child(features, 'c', caps).attrs
}

export default defineSuite(
  {
    specification: 'XEP-0115',
    version: '1.6.0',
    title: 'Entity Capabilities',
    category: 'Core',
    role: 'xmpp-server',
  },
  ({ test }) => {
    test('xep-0115/5.1/server-hash-verifies', {
      section: '5.1',
      level: 'MUST',
      requires: [announced],
      statement: "the 'ver' in the stream features is the hash of what the server answers to disco#info",
    }, async ({ stream, account, domain }) => {
      const raw = await stream()
      const { hash, ver } = await serverCaps(raw, await account('romeo'))
      await raw.bind()
      const answer = await raw.iq(`<iq type='get' id='info-1' to='${domain}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const info = expect.child(expect.result(answer), 'query', ns.discoInfo)
      expect.equal(ver, verification(info, hash ?? 'sha-1'), 'ver')
    })

    test('xep-0115/4/attributes', {
      section: '4',
      level: 'MUST',
      requires: [announced],
      statement: "the server's <c/> has a hash function, a node and a ver of that function's length",
    }, async ({ stream, account }) => {
      const { hash = '', node, ver = '' } = await serverCaps(await stream(), await account('romeo'))
      const actual = `hash='${hash}' node='${node}' ver='${ver}'`
      const bytes = hashLengths[hash]
      expect.ok(bytes, `hash as one of ${Object.keys(hashLengths).join(', ')}`, actual)
      expect.ok(node, 'a node', actual)
      expect.equal(Buffer.from(ver, 'base64').length, bytes, `the number of bytes in ver='${ver}'`)
    })

    test('xep-0115/6.3/stream-header-has-from', {
      section: '6.3',
      level: 'MUST',
      requires: [announced],
      statement: "a server with caps in its stream features has its address as 'from' in the stream header",
    }, async ({ stream, account, domain, given }) => {
      const raw = await stream()
      const { local, password } = await account('romeo')
      await given('authentication', async () => {
        await raw.openSecure()
        await raw.authenticate({ local, password })
      })
      expect.attribute(await raw.open(), 'from', domain)
    })

    test('xep-0115/6.2/server-answers-for-node-and-ver', {
      section: '6.2',
      level: 'MUST',
      requires: [announced],
      statement: 'the server answers disco#info of its node#ver with all that the hash was made of',
    }, async ({ stream, account, domain }) => {
      const raw = await stream()
      const { hash, node, ver } = await serverCaps(raw, await account('romeo'))
      await raw.bind()
      const query = `<query xmlns='${ns.discoInfo}' node='${node}#${ver}'/>`
      const answer = await raw.iq(`<iq type='get' id='info-1' to='${domain}'>${query}</iq>`)
      const info = expect.child(expect.result(answer), 'query', ns.discoInfo)
      expect.attribute(info, 'node', `${node}#${ver}`)
      expect.equal(verification(info, hash ?? 'sha-1'), ver ?? '', 'the hash of the answer')
    })

    test('xep-0115/7/announced-in-disco', {
      section: '7',
      level: 'MUST',
      requires: [announced],
      statement: 'a server that has caps in its stream features lists the feature in disco#info',
    }, async ({ connect, domain }) => {
      const romeo = await connect('romeo', { presence: false })
      const answer = await romeo.iq(`<iq type='get' to='${domain}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const info = expect.child(expect.result(answer), 'query', ns.discoInfo)
      expect.ok(
        info.getChildren('feature').some(({ attrs }) => attrs.var === caps),
        `the feature ${caps}`,
        info,
      )
    })

    const c = (ver: string, more = '') =>
      `<c xmlns='${caps}' hash='sha-1' node='https://assay.test' ver='${ver}'${more}/>`
    const has = (from: string, ver: string) => (element: Element) =>
      element.is('presence') && element.attrs.from === from && element.getChild('c', caps)?.attrs.ver === ver

    test('xep-0115/8.4/first-presence-has-caps', {
      section: '8.4',
      level: 'MUST',
      statement: 'the first presence that a subscriber gets has the caps of the client, attribute by attribute',
    }, async ({ connect, subscribe }) => {
      const [romeo, balcony] = [await connect('romeo'), await connect('juliet', { resource: 'balcony' })]
      await subscribe(romeo, balcony)
      const chamber = await connect('juliet', { resource: 'chamber', presence: false })
      await chamber.send(`<presence>${c('QgayPKawpkPSDYmwT/WM94uAlu0=', " ext='voice-v1'")}</presence>`)
      const presence = await romeo.presence(({ attrs }) => attrs.from === chamber.jid, 'the first presence')
      const { attrs } = expect.child(presence, 'c', caps)
      expect.equal(attrs.ver, 'QgayPKawpkPSDYmwT/WM94uAlu0=', 'ver')
      expect.equal(attrs.node, 'https://assay.test', 'node')
      expect.equal(attrs.hash, 'sha-1', 'hash')
      expect.equal(attrs.ext, 'voice-v1', 'ext')
    })

    test('xep-0115/8.4/changed-caps-are-sent', {
      section: '8.4',
      level: 'MUST',
      statement: 'changed caps are sent to subscribers',
    }, async ({ connect, subscribe, given }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await subscribe(romeo, juliet)
      await given('the first caps arrive', async () => {
        await juliet.send(`<presence>${c('QgayPKawpkPSDYmwT/WM94uAlu0=')}</presence>`)
        await romeo.next(has(juliet.jid, 'QgayPKawpkPSDYmwT/WM94uAlu0='), 'presence with caps')
      })
      await juliet.send(`<presence>${c('q07IKJEyjvHSyhy//CH0CxmKi8w=')}</presence>`)
      await romeo.next(has(juliet.jid, 'q07IKJEyjvHSyhy//CH0CxmKi8w='), 'presence with the new caps')
    })

    test('xep-0115/8.4/late-subscriber-gets-caps', {
      section: '8.4',
      level: 'MUST',
      statement: 'a subscriber who comes online later gets the caps with the first presence of the contact',
    }, async ({ connect, subscribe }) => {
      const [early, juliet] = [await connect('romeo', { resource: 'early' }), await connect('juliet')]
      await subscribe(early, juliet)
      await juliet.send(`<presence>${c('QgayPKawpkPSDYmwT/WM94uAlu0=')}</presence>`)
      await juliet.sync()
      const late = await connect('romeo', { resource: 'late', presence: false })
      await late.send('<presence/>')
      const presence = await late.presence(
        ({ attrs }) => attrs.from === juliet.jid && !attrs.type,
        'presence of the contact',
      )
      expect.equal(presence.getChild('c', caps)?.attrs.ver, 'QgayPKawpkPSDYmwT/WM94uAlu0=', 'ver')
    })

    test('xep-0115/8.4/every-presence-has-caps-without-optimization', {
      section: '8.4',
      level: 'none',
      statement: 'a server that does not announce caps#optimize leaves unchanged caps in every presence',
    }, async ({ connect, subscribe, domain, given }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      const answer = await romeo.iq(`<iq type='get' to='${domain}'><query xmlns='${ns.discoInfo}'/></iq>`)
      const features = answer.getChild('query', ns.discoInfo)?.getChildren('feature') ?? []
      await given('caps are not optimized', async () =>
        expect.none(
          features.filter(({ attrs }) => attrs.var === `${caps}#optimize`),
          'announcement of caps optimization',
        ),
      )
      await subscribe(romeo, juliet)
      for (const show of ['away', 'dnd']) {
        await juliet.send(`<presence><show>${show}</show>${c('QgayPKawpkPSDYmwT/WM94uAlu0=')}</presence>`)
        const presence = await romeo.presence((element) => element.getChildText('show') === show, 'the update')
        expect.child(presence, 'c', caps)
      }
    })

    test('xep-0115/6.2/disco-of-a-contact-is-relayed', {
      section: '6.2',
      level: 'none',
      requires: [feature(ns.discoInfo)],
      statement: "disco#info of a contact's node#ver reaches the client, and its answer comes back",
    }, async ({ connect, friends, unique }) => {
      const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
      await friends(romeo, juliet)
      const [id, node] = [unique('info'), 'https://assay.test#QgayPKawpkPSDYmwT/WM94uAlu0=']
      await romeo.send(
        `<iq type='get' to='${juliet.jid}' id='${id}'><query xmlns='${ns.discoInfo}' node='${node}'/></iq>`,
      )
      const request = await juliet.next(({ attrs }) => attrs.id === id && attrs.from === romeo.jid, 'the request')
      expect.attribute(expect.child(request, 'query', ns.discoInfo), 'node', node)
      const inside = "<identity category='client' type='pc'/>"
      await juliet.send(
        `<iq type='result' to='${romeo.jid}' id='${id}'><query xmlns='${ns.discoInfo}' node='${node}'>${inside}</query></iq>`,
      )
      const result = await romeo.next(({ attrs }) => attrs.id === id, 'the answer')
      expect.child(expect.child(expect.result(result), 'query', ns.discoInfo), 'identity')
    })
  },
)
