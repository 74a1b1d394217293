import { defineSuite, expect, type Session } from '../../harness/suite/index.ts'
import { blockList, change, command, hasId, isAnyPush, isPush, requires, xep0191 } from './_blocking.ts'

export default defineSuite({ ...xep0191, requires }, ({ test }) => {
  test('xep-0191/3.2/empty-list', {
    section: '3.2',
    level: 'MUST',
    statement: 'who blocked nobody gets an empty <blocklist/>',
  }, async ({ connect }) => {
    const juliet = await connect('juliet', { presence: false })
    expect.equal((await blockList(juliet)).join(), '', 'the block list')
  })

  test('xep-0191/3.2/list-has-each-blocked-jid', {
    section: '3.2',
    level: 'MUST',
    statement: 'the block list has one item for each blocked JID',
  }, async ({ connect, unique, domain, given }) => {
    const juliet = await connect('juliet', { presence: false })
    const jids = [`${unique('romeo')}@${domain}`, `${unique('iago')}@${domain}`].sort()
    await given('two JIDs are blocked', async () => {
      for (const jid of jids) await change(juliet, 'block', jid)
    })
    expect.equal((await blockList(juliet)).join(), jids.join(), 'the block list')
  })

  test('xep-0191/3.3/block-is-answered', {
    section: '3.3',
    level: 'MUST',
    statement: 'a block command that succeeds is answered with a result',
  }, async ({ connect, account }) => {
    const [juliet, romeo] = [await connect('juliet', { presence: false }), await account('romeo')]
    expect.result(await juliet.iq(command('block', romeo.jid)))
  })

  test('xep-0191/3.3/several-at-once', {
    section: '3.3',
    level: 'MAY',
    statement: 'one block command can name several JIDs',
  }, async ({ connect, unique, domain }) => {
    const juliet = await connect('juliet', { presence: false })
    const jids = [`${unique('romeo')}@${domain}`, `${unique('iago')}@${domain}`].sort()
    await change(juliet, 'block', ...jids)
    expect.equal((await blockList(juliet)).join(), jids.join(), 'the block list')
  })

  test('xep-0191/3.3/block-of-nobody', {
    section: '3.3',
    level: 'MUST',
    statement: 'a block command without an item is refused with <bad-request/>',
  }, async ({ connect }) => {
    const juliet = await connect('juliet', { presence: false })
    expect.error(await juliet.iq(command('block')), 'bad-request')
  })

  test('xep-0191/3.3/block-is-pushed', {
    section: '3.3',
    level: 'MUST',
    statement: 'a block is pushed to all resources that asked for the block list, its sender among them',
  }, async ({ connect, account }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    const { jid } = await account('romeo')
    for (const session of [balcony, chamber]) await blockList(session)
    await change(balcony, 'block', jid)
    for (const session of [balcony, chamber]) await session.next(isPush('block', jid), 'a push of the block')
  })

  test('xep-0191/3.3/no-push-to-who-did-not-ask', {
    section: '3.3',
    level: 'none',
    statement: 'a resource that did not ask for the block list gets no push',
  }, async ({ connect, account }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    const { jid } = await account('romeo')
    await blockList(balcony)
    await change(balcony, 'block', jid)
    await balcony.next(isPush('block', jid), 'a push of the block')
    await balcony.marker(chamber)
    expect.none(chamber.seen(isAnyPush), 'push')
  })

  test('xep-0191/3.3/block-lasts', {
    section: '3.3',
    level: 'MUST',
    statement: 'a block stays in force after the session in which it was made',
  }, async ({ connect, given, unique }) => {
    const romeo = await connect('romeo')
    await given('a block, and the end of the session', async () => {
      const early = await connect('juliet')
      await change(early, 'block', romeo.bare)
      await early.close()
    })
    const late = await connect('juliet')
    expect.equal((await blockList(late)).join(), romeo.bare, 'the block list')
    const [id, iago] = [unique('message'), await connect('iago')]
    await romeo.send(`<message to='${late.jid}' type='chat' id='${id}'><body>still there?</body></message>`)
    await romeo.sync()
    await iago.marker(late)
    expect.none(late.seen(hasId(id)), 'message of somebody who was blocked in another session')
  })

  test('xep-0191/3.4/unblock', {
    section: '3.4',
    level: 'MUST',
    statement: 'an unblock command is answered with a result and takes the JID off the list',
  }, async ({ connect, unique, domain, given }) => {
    const juliet = await connect('juliet', { presence: false })
    const [romeo, iago] = [`${unique('romeo')}@${domain}`, `${unique('iago')}@${domain}`]
    await given('two JIDs are blocked', () => change(juliet, 'block', romeo, iago))
    expect.result(await juliet.iq(command('unblock', romeo)))
    expect.equal((await blockList(juliet)).join(), iago, 'the block list')
  })

  const bothListening = async (sessions: Session[], jid: string) => {
    for (const session of sessions) await blockList(session)
    await change(sessions[0] as Session, 'block', jid)
    for (const session of sessions) await session.next(isPush('block', jid), 'a push of the block')
  }

  test('xep-0191/3.4/unblock-is-pushed', {
    section: '3.4',
    level: 'MUST',
    statement: 'an unblock is pushed to all resources that asked for the block list',
  }, async ({ connect, account, given }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    const { jid } = await account('romeo')
    await given('a block is pushed', () => bothListening([balcony, chamber], jid))
    await change(balcony, 'unblock', jid)
    for (const session of [balcony, chamber]) await session.next(isPush('unblock', jid), 'a push of the unblock')
  })

  test('xep-0191/3.4/presence-after-unblock', {
    section: '3.4',
    level: 'MUST',
    statement: 'after an unblock a subscribed contact is sent the current presence of the user',
  }, async ({ connect, subscribe, given }) => {
    const [romeo, juliet] = [await connect('romeo'), await connect('juliet')]
    await subscribe(romeo, juliet)
    await given('the contact is blocked', async () => {
      await change(juliet, 'block', romeo.bare)
      await juliet.sync()
      romeo.take()
    })
    await change(juliet, 'unblock', romeo.bare)
    await romeo.presence(({ attrs }) => attrs.from === juliet.jid && !attrs.type, 'the presence of the user')
  })

  test('xep-0191/3.4/messages-after-unblock', {
    section: '3.4',
    level: 'MUST',
    statement: 'after an unblock messages of the contact are delivered',
  }, async ({ connect, unique, given }) => {
    const [romeo, juliet, id] = [await connect('romeo'), await connect('juliet'), unique('message')]
    await given('the contact was blocked and unblocked', async () => {
      await change(juliet, 'block', romeo.bare)
      await change(juliet, 'unblock', romeo.bare)
    })
    await romeo.send(`<message to='${juliet.bare}' type='chat' id='${id}'><body>hello again</body></message>`)
    await juliet.message(hasId(id), 'the message')
  })

  test('xep-0191/3.5/unblock-all', {
    section: '3.5',
    level: 'MUST',
    statement: 'an unblock command without items is answered with a result and empties the list',
  }, async ({ connect, unique, domain, given }) => {
    const juliet = await connect('juliet', { presence: false })
    await given('two JIDs are blocked', () =>
      change(juliet, 'block', `${unique('romeo')}@${domain}`, `${unique('iago')}@${domain}`),
    )
    expect.result(await juliet.iq(command('unblock')))
    expect.equal((await blockList(juliet)).join(), '', 'the block list')
  })

  test('xep-0191/3.5/unblock-all-is-pushed', {
    section: '3.5',
    level: 'MUST',
    statement: 'unblocking all is pushed as an empty <unblock/> to all resources that asked for the block list',
  }, async ({ connect, account, given }) => {
    const [balcony, chamber] = [
      await connect('juliet', { resource: 'balcony' }),
      await connect('juliet', { resource: 'chamber' }),
    ]
    const { jid } = await account('romeo')
    await given('a block is pushed', () => bothListening([balcony, chamber], jid))
    await change(balcony, 'unblock')
    for (const session of [balcony, chamber]) await session.next(isPush('unblock'), 'a push of an empty <unblock/>')
  })

  test('xep-0191/3.5/messages-after-unblock-all', {
    section: '3.5',
    level: 'MUST',
    statement: 'after unblocking all, messages of those who were blocked are delivered',
  }, async ({ connect, unique, given }) => {
    const [romeo, juliet, id] = [await connect('romeo'), await connect('juliet'), unique('message')]
    await given('the contact was blocked and all were unblocked', async () => {
      await change(juliet, 'block', romeo.bare)
      await change(juliet, 'unblock')
    })
    await romeo.send(`<message to='${juliet.bare}' type='chat' id='${id}'><body>hello again</body></message>`)
    await juliet.message(hasId(id), 'the message')
  })
})
