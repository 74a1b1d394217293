import { defineSuite, expect, ns, streamFeature } from '../../harness/suite/index.ts'
import { cutAndResume, handled, hasBody, manage, resumeOn, sm } from './_stream-management.ts'

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
    test('xep-0198/5/resumed-after-cut', {
      section: '5',
      level: 'MUST',
      statement: 'a stream whose connection was cut is resumed: <resumed/> names the id of the former stream',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      romeo.stream.destroy()
      const resumed = await resumeOn(await fixtures.stream(), romeo.account, romeo.id, romeo.received())
      expect.ok(resumed.is('resumed'), '<resumed/>', resumed)
      expect.attribute(resumed, 'previd', romeo.id)
    })

    test('xep-0198/5/resumed-says-what-was-handled', {
      section: '5',
      level: 'MUST',
      statement: '<resumed/> says how many stanzas of the former stream were handled',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      await romeo.stream.iq(`<iq type='get' id='q1' to='${fixtures.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`)
      romeo.stream.destroy()
      const resumed = await resumeOn(await fixtures.stream(), romeo.account, romeo.id, romeo.received())
      expect.attribute(resumed, 'h', '2')
    })

    test('xep-0198/5/count-is-carried-over', {
      section: '5',
      level: 'MUST',
      statement: 'the count of handled stanzas goes on in the resumed stream',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      const stream = await cutAndResume(fixtures, romeo)
      await stream.write('<presence><show>away</show></presence>')
      expect.equal(await handled(stream), '2', 'h after one stanza before and one after the cut')
    })

    test('xep-0198/5/what-came-meanwhile-is-delivered', {
      section: '5',
      level: 'MUST',
      statement: 'messages that came while the connection was cut are sent on the resumed stream, in order',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      const juliet = await fixtures.connect('juliet')
      romeo.stream.destroy()
      const bodies = ['one', 'two', 'three'].map((word) => fixtures.unique(word))
      for (const body of bodies) {
        await juliet.send(`<message to='${romeo.jid}' type='chat'><body>${body}</body></message>`)
      }
      await juliet.sync()
      const stream = await fixtures.stream()
      const came: string[] = []
      stream.channel.on('element', (element) => {
        const body = element.is('message') ? element.getChildText('body') : undefined
        if (body && bodies.includes(body)) came.push(body)
      })
      const resumed = await resumeOn(stream, romeo.account, romeo.id, romeo.received())
      expect.ok(resumed.is('resumed'), '<resumed/>', resumed)
      await stream.next(hasBody(bodies[2] ?? ''), 'the last message sent meanwhile')
      expect.equal(came.join(' '), bodies.join(' '), 'the messages in order,')
    })

    test('xep-0198/5/unacknowledged-is-sent-again', {
      section: '5',
      level: 'MUST',
      statement: 'a stanza that was sent on the former stream but is not covered by the h of <resume/> is sent again',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      const juliet = await fixtures.connect('juliet')
      const h = romeo.received()
      const body = fixtures.unique('lost')
      await juliet.send(`<message to='${romeo.jid}' type='chat'><body>${body}</body></message>`)
      await fixtures.given('the message comes once', () => romeo.stream.next(hasBody(body), 'the message'))
      romeo.stream.destroy()
      const stream = await fixtures.stream()
      const resumed = await resumeOn(stream, romeo.account, romeo.id, h)
      expect.ok(resumed.is('resumed'), '<resumed/>', resumed)
      await stream.next(hasBody(body), 'the message that was not acknowledged')
    })

    test('xep-0198/5/acknowledged-is-not-sent-again', {
      section: '5',
      level: 'SHOULD',
      control: 'xep-0198/5/unacknowledged-is-sent-again',
      statement: 'a stanza that the h of <resume/> covers is not sent again',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      const juliet = await fixtures.connect('juliet')
      const [kept, lost] = [fixtures.unique('kept'), fixtures.unique('lost')]
      await juliet.send(`<message to='${romeo.jid}' type='chat'><body>${kept}</body></message>`)
      await fixtures.given('the message comes once', () => romeo.stream.next(hasBody(kept), 'the message'))
      const h = romeo.received()
      romeo.stream.destroy()
      await juliet.send(`<message to='${romeo.jid}' type='chat'><body>${lost}</body></message>`)
      const stream = await fixtures.stream()
      const resumed = await fixtures.given('resumption', () => resumeOn(stream, romeo.account, romeo.id, h))
      expect.ok(resumed.is('resumed'), '<resumed/>', resumed)
      await stream.next(hasBody(lost), 'the message sent behind')
      expect.none(stream.seen(hasBody(kept)), 'second copy of a message that was acknowledged')
    })

    test('xep-0198/5/resumed-session-keeps-its-jid', {
      section: '5',
      level: 'MUST',
      statement:
        'the resumed stream is the former session: what it sends comes from, and what it gets goes to, its JID',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      const juliet = await fixtures.connect('juliet')
      const stream = await cutAndResume(fixtures, romeo)
      const [there, back] = [fixtures.unique('there'), fixtures.unique('back')]
      await stream.write(`<message to='${juliet.jid}' type='chat'><body>${there}</body></message>`)
      expect.attribute(await juliet.message(hasBody(there), 'the message'), 'from', romeo.jid)
      await juliet.send(`<message to='${romeo.jid}' type='chat'><body>${back}</body></message>`)
      expect.attribute(await stream.next(hasBody(back), 'the answer'), 'to', romeo.jid)
    })

    test('xep-0198/5/open-stream-gives-way', {
      section: '5',
      level: 'SHOULD',
      statement:
        'when a session is resumed whose stream is still open, that stream ends with the stream error conflict',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      const stream = await fixtures.stream()
      await fixtures.given('resumption', async () => {
        const resumed = await resumeOn(stream, romeo.account, romeo.id, romeo.received())
        expect.ok(resumed.is('resumed'), '<resumed/>', resumed)
      })
      await expect.streamError(romeo.stream, 'conflict')
      await romeo.stream.gone()
    })

    test('xep-0198/5/session-of-another-user-is-not-resumed', {
      section: '5',
      level: 'MUST',
      security: true,
      control: 'xep-0198/5/resumed-after-cut',
      statement: "another user's session cannot be resumed, although its id is known",
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      romeo.stream.destroy()
      const tybalt = await fixtures.account('tybalt')
      const stream = await fixtures.stream({ name: 'tybalt' })
      await fixtures.given('tybalt is authenticated', () => stream.login(tybalt))
      await stream.write(`<resume xmlns='${sm}' previd='${romeo.id}' h='0'/>`)
      const came = await stream.next(() => true, '<failed/>')
      expect.ok(came.is('failed', sm), '<failed/>', came, came.is('resumed') ? 'believed' : undefined)
    })

    test('xep-0198/10/no-resumption-before-authentication', {
      section: '10',
      level: 'MUST',
      security: true,
      control: 'xep-0198/5/resumed-after-cut',
      statement: 'a session is not resumed on a stream that has not authenticated',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      romeo.stream.destroy()
      const stream = await fixtures.stream({ name: 'nobody' })
      await fixtures.given('a stream inside TLS', () => stream.openSecure())
      await stream.write(`<resume xmlns='${sm}' previd='${romeo.id}' h='0'/>`)
      const came = await stream.next(() => true, 'a refusal')
      expect.ok(
        came.is('failed', sm) || came.is('error', ns.streams),
        '<failed/> or a stream error',
        came,
        came.is('resumed') ? 'believed' : undefined,
      )
    })

    test('xep-0198/4/unacknowledged-goes-elsewhere', {
      section: '4',
      level: 'SHOULD',
      statement:
        'a message that a stream ended without acknowledging is treated as for an unavailable resource: sent elsewhere, kept offline or returned',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { presence: true })
      const juliet = await fixtures.connect('juliet')
      const body = fixtures.unique('lost')
      await juliet.send(`<message to='${romeo.jid}' type='chat'><body>${body}</body></message>`)
      await fixtures.given('the message comes once', () => romeo.stream.next(hasBody(body), 'the message'))
      romeo.stream.destroy()
      const again = await fixtures.connect('romeo')
      const returned = juliet.message((stanza) => stanza.attrs.type === 'error', 'an error')
      await Promise.any([again.message(hasBody(body), 'the message again'), returned]).catch(({ errors }) => {
        throw errors[0]
      })
    })

    test('xep-0198/4/redelivered-message-is-stamped', {
      section: '4',
      level: 'SHOULD',
      statement: 'a message that is delivered after all carries the time of its first delivery',
    }, async (fixtures) => {
      const romeo = await manage(fixtures, 'romeo', { presence: true })
      const juliet = await fixtures.connect('juliet')
      const body = fixtures.unique('lost')
      await juliet.send(`<message to='${romeo.jid}' type='chat'><body>${body}</body></message>`)
      await fixtures.given('the message comes once', () => romeo.stream.next(hasBody(body), 'the message'))
      romeo.stream.destroy()
      const again = await fixtures.connect('romeo')
      const message = await again.message(hasBody(body), 'the message again')
      const delay = expect.child(message, 'delay', 'urn:xmpp:delay')
      expect.ok(!Number.isNaN(Date.parse(delay.attrs.stamp ?? '')), 'a stamp', delay)
    })

    test('xep-0198/7/cut-connection-keeps-the-session', {
      section: '7',
      level: 'SHOULD',
      statement: 'contacts do not see a session go whose connection was cut and that is resumed soon',
    }, async (fixtures) => {
      const juliet = await fixtures.connect('juliet')
      const helper = await fixtures.connect('romeo')
      await fixtures.friends(helper, juliet)
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      await fixtures.given('juliet sees romeo', () => juliet.presence(({ attrs }) => attrs.from === romeo.jid))
      const stream = await cutAndResume(fixtures, romeo)
      const body = fixtures.unique('back')
      await stream.write(`<message to='${juliet.jid}' type='chat'><body>${body}</body></message>`)
      await juliet.message(hasBody(body), 'a message of the resumed session')
      expect.none(
        juliet.seen(({ attrs }) => attrs.type === 'unavailable' && attrs.from === romeo.jid),
        'unavailable presence of the session that was resumed',
      )
    })

    test('xep-0198/7/closed-stream-ends-the-session', {
      section: '7',
      level: 'none',
      statement: 'closing the stream ends the session at once, resumable or not: contacts see it go',
    }, async (fixtures) => {
      const juliet = await fixtures.connect('juliet')
      const helper = await fixtures.connect('romeo')
      await fixtures.friends(helper, juliet)
      const romeo = await manage(fixtures, 'romeo', { resume: true, presence: true })
      await fixtures.given('juliet sees romeo', () => juliet.presence(({ attrs }) => attrs.from === romeo.jid))
      await romeo.stream.close()
      await juliet.presence(
        ({ attrs }) => attrs.type === 'unavailable' && attrs.from === romeo.jid,
        'unavailable presence of the session that was closed',
      )
    })
  },
)
