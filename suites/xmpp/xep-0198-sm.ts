import { defineSuite, expect, ns, streamFeature, Unsupported } from '../../harness/suite/index.ts'
import { answer, handled, isTrue, manage, resumeOn, sm } from './_stream-management.ts'

export default defineSuite(
  {
    specification: 'XEP-0198',
    version: '1.6.3',
    title: 'Stream Management',
    category: 'IM',
    role: 'xmpp-server',
    requires: [streamFeature('sm', sm)],
  },
  ({ test }) => {
    test('xep-0198/3/enable-is-answered', {
      section: '3',
      level: 'MUST',
      statement: '<enable/> on a bound stream is answered with <enabled/>, or with <failed/>',
    }, async ({ account, given, stream: connect }) => {
      const romeo = await account('romeo')
      const stream = await connect()
      await given('romeo is bound', async () => {
        await stream.login(romeo)
        await stream.bind()
      })
      await stream.write(`<enable xmlns='${sm}'/>`)
      const came = await answer(stream)
      expect.ok(came.is('enabled') || came.is('failed'), '<enabled/> or <failed/>', came)
      if (came.is('enabled')) expect.equal(await handled(stream), '0', 'h at once after <enabled/>')
    })

    test('xep-0198/3/enable-before-binding-fails', {
      section: '3',
      level: 'MUST',
      statement: '<enable/> before a resource is bound is answered with <failed/>',
    }, async ({ account, given, stream: connect }) => {
      const romeo = await account('romeo')
      const stream = await connect()
      await given('romeo is authenticated', () => stream.login(romeo))
      await stream.write(`<enable xmlns='${sm}'/>`)
      const came = await stream.next(() => true, '<failed/>')
      expect.ok(came.is('failed', sm), '<failed/>', came)
    })

    test('xep-0198/3/enable-before-authentication-fails', {
      section: '3',
      level: 'MUST',
      statement: '<enable/> before authentication is answered with <failed/>',
    }, async ({ given, stream: connect }) => {
      const stream = await connect()
      await given('a stream inside TLS', () => stream.openSecure())
      await stream.write(`<enable xmlns='${sm}'/>`)
      const came = await stream.next(() => true, '<failed/>')
      expect.ok(came.is('failed', sm), '<failed/>', came)
    })

    test('xep-0198/3/second-enable-is-a-stream-error', {
      section: '3',
      level: 'SHOULD',
      statement: 'a second <enable/> is answered with a stream error',
    }, async (fixtures) => {
      const { stream } = await manage(fixtures, 'romeo')
      await stream.write(`<enable xmlns='${sm}'/>`)
      const came = await stream.next((element) => !element.is('r', sm), 'a stream error')
      expect.ok(came.is('error', ns.streams), 'a stream error', came)
      await stream.gone()
    })

    test('xep-0198/4/request-is-answered-with-the-count', {
      section: '4',
      level: 'MUST',
      statement: '<r/> is answered with <a/> whose h is the number of stanzas handled, of whatever kind',
    }, async (fixtures) => {
      const { stream, jid } = await manage(fixtures, 'romeo')
      await stream.write(
        `<presence/><message to='${jid}'><body>one</body></message>` +
          `<iq type='get' id='q1' to='${fixtures.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`,
      )
      await stream.next((element) => element.is('iq') && element.attrs.id === 'q1', 'an answer to the ping')
      expect.equal(await handled(stream), '3', 'h after three stanzas')
    })

    test('xep-0198/4/each-count-goes-on', {
      section: '4',
      level: 'MUST',
      statement: 'h goes on from one acknowledgement to the next',
    }, async (fixtures) => {
      const { stream } = await manage(fixtures, 'romeo')
      await stream.write('<presence/>')
      expect.equal(await handled(stream), '1', 'h after one stanza')
      expect.equal(await handled(stream), '1', 'h after no other stanza')
      await stream.write('<presence><show>away</show></presence><presence/>')
      expect.equal(await handled(stream), '3', 'h after three stanzas')
    })

    test('xep-0198/4/only-stanzas-count', {
      section: '4',
      level: 'MUST',
      statement: 'elements of stream management and white space are not counted',
    }, async (fixtures) => {
      const { stream, received } = await manage(fixtures, 'romeo')
      await stream.write(` <r xmlns='${sm}'/>\n<a xmlns='${sm}' h='${received()}'/> `)
      await stream.next((element) => element.is('a', sm), 'an acknowledgement')
      await stream.write('<presence/>')
      expect.equal(await handled(stream), '1', 'h after one stanza')
    })

    test('xep-0198/4/counting-begins-with-enable', {
      section: '4',
      level: 'MUST',
      statement: 'stanzas that were sent before <enable/> are not counted',
    }, async ({ account, domain, given, stream: connect }) => {
      const romeo = await account('romeo')
      const stream = await connect()
      await given('romeo is bound and has sent stanzas', async () => {
        await stream.login(romeo)
        await stream.bind()
        await stream.iq(`<iq type='get' id='early' to='${domain}'><ping xmlns='urn:xmpp:ping'/></iq>`)
      })
      await stream.write(`<presence/><enable xmlns='${sm}'/><presence/>`)
      await given('stream management is enabled', async () => expect.ok((await answer(stream)).is('enabled'), '', ''))
      expect.equal(await handled(stream), '1', 'h after one stanza behind <enable/>')
    })

    test('xep-0198/5/enabled-for-resumption', {
      section: '5',
      level: 'MUST',
      statement: 'where resumption is allowed, <enabled/> says resume and names an id',
    }, async ({ account, given, stream: connect }) => {
      const romeo = await account('romeo')
      const stream = await connect()
      await given('romeo is bound', async () => {
        await stream.login(romeo)
        await stream.bind()
      })
      await stream.write(`<enable xmlns='${sm}' resume='1'/>`)
      const enabled = await answer(stream)
      expect.ok(enabled.is('enabled'), '<enabled/>', enabled)
      const { resume, id } = enabled.attrs
      expect.ok(isTrue(resume) ? id : id === undefined, 'both resume="true" and an id, or neither', enabled)
    })

    test('xep-0198/5/id-is-not-used-twice', {
      section: '5',
      level: 'MUST',
      statement: 'no two sessions have the same id for resumption, and none is over 4000 bytes',
    }, async ({ account, given, stream: connect }) => {
      const ids: string[] = []
      for (const name of ['romeo', 'juliet']) {
        const who = await account(name)
        const stream = await connect({ name })
        await given(`${name} is bound`, async () => {
          await stream.login(who)
          await stream.bind()
        })
        await stream.write(`<enable xmlns='${sm}' resume='true'/>`)
        const enabled = await answer(stream)
        if (enabled.is('enabled') && !isTrue(enabled.attrs.resume))
          throw new Unsupported('it does not allow resumption')
        ids.push(enabled.attrs.id ?? '')
      }
      expect.ok(ids[0] !== ids[1], 'two different ids', ids.join(' and '))
      for (const id of ids)
        expect.ok(Buffer.byteLength(id) <= 4000, 'an id of at most 4000 bytes', `${id.length} bytes`)
    })

    test('xep-0198/5/unknown-previd-fails', {
      section: '5',
      level: 'MUST',
      statement: '<resume/> with an id that was never given out is answered with <failed/>',
    }, async ({ account, given, stream: connect, unique }) => {
      const romeo = await account('romeo')
      const stream = await connect()
      await given('romeo is authenticated', () => stream.login(romeo))
      await stream.write(`<resume xmlns='${sm}' previd='${unique()}' h='0'/>`)
      const came = await stream.next(() => true, '<failed/>')
      expect.ok(came.is('failed', sm), '<failed/>', came)
    })

    test('xep-0198/5/unknown-previd-is-not-found', {
      section: '5',
      level: 'SHOULD',
      statement: 'the failure for an unknown id says item-not-found',
    }, async ({ account, stream: connect, unique }) => {
      const stream = await connect()
      const failed = await resumeOn(stream, await account('romeo'), unique(), 0)
      expect.child(failed, 'item-not-found', ns.stanzaErrors)
    })

    test('xep-0198/5/binding-after-failed-resumption', {
      section: '5',
      level: 'SHOULD',
      statement: 'after a resumption that failed a resource can be bound on the same stream',
    }, async ({ account, given, stream: connect, unique }) => {
      const romeo = await account('romeo')
      const stream = await connect()
      await given('a resumption fails', async () => {
        const failed = await resumeOn(stream, romeo, unique(), 0)
        expect.ok(failed.is('failed'), '<failed/>', failed)
      })
      const jid = await stream.bind()
      expect.ok(jid.startsWith(`${romeo.jid}/`), `a resource of ${romeo.jid}`, jid)
    })

    test('xep-0198/6/failure-names-a-stanza-error', {
      section: '6',
      level: 'SHOULD',
      statement: '<failed/> holds one of the error conditions of RFC 6120',
    }, async ({ account, given, stream: connect }) => {
      const stream = await connect()
      const romeo = await account('romeo')
      await given('romeo is authenticated', () => stream.login(romeo))
      await stream.write(`<enable xmlns='${sm}'/>`)
      const failed = await given('an <enable/> that fails', () => answer(stream))
      const condition = failed.getChildElements().find((child) => child.getNS() === ns.stanzaErrors)
      expect.ok(condition, 'a condition of RFC 6120 in <failed/>', failed)
    })

    test('xep-0198/6/too-high-h-ends-the-stream', {
      section: '6',
      level: 'SHOULD',
      statement: 'an h higher than what was sent ends the stream with the stream error undefined-condition',
    }, async (fixtures) => {
      const { stream } = await manage(fixtures, 'romeo')
      await stream.write(`<a xmlns='${sm}' h='1000'/>`)
      await expect.streamError(stream, 'undefined-condition')
      await stream.gone()
    })

    test('xep-0198/6/too-high-h-is-named', {
      section: '6',
      level: 'SHOULD',
      statement: 'the stream error for an h that is too high holds <handled-count-too-high/>',
    }, async (fixtures) => {
      const { stream } = await manage(fixtures, 'romeo')
      await stream.write(`<a xmlns='${sm}' h='1000'/>`)
      const error = await fixtures.given('a stream error', () => expect.streamError(stream))
      expect.child(error, 'handled-count-too-high', sm)
    })
  },
)
