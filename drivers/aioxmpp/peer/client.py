"""aioxmpp as its quick start and its documentation show it, driven over stdio (drivers/PROTOCOL.md)."""

import asyncio
import os

import aioxmpp
import aioxmpp.connector
import aioxmpp.dispatcher
import aioxmpp.version
from aioxmpp.im.dispatcher import IMDispatcher, MessageSource
from aioxmpp.security_layer import default_ssl_context

from stdio_verbs import Driver, VerbError, describe, log_to_stderr, text_of

client = None
session = None
left = None


def login(params):
    global client, session, left
    # Its mark of a login without an account is the trace that it leaves: none.
    nobody = {'anonymous': ''} if 'password' not in params else {}
    client = aioxmpp.PresenceManagedClient(
        aioxmpp.JID.fromstr(params['jid']),
        aioxmpp.make_security_layer(params.get('password'), ssl_context_factory=trusting_the_lab, **nobody),
        override_peer=peers(params),
    )
    left = asyncio.Event()
    services(client)
    client.on_stream_established.connect(lambda: tell('online', jid=str(client.local_jid)))
    client.on_stream_suspended.connect(lambda reason: tell('disconnected', reason=describe(reason)))
    client.on_stopped.connect(lambda: tell('offline'))
    client.on_failure.connect(tell_failure)
    session = asyncio.create_task(stay())


def peers(params):
    """Where it is told to connect; nowhere in particular where it is to find its server by itself."""
    if 'host' not in params:
        return []
    direct = params['transport'] == 'direct-tls'
    connector = aioxmpp.connector.XMPPOverTLSConnector() if direct else aioxmpp.connector.STARTTLSConnector()
    return [(params['host'], int(params['port']), connector)]


def trusting_the_lab():
    context = default_ssl_context()
    context.load_verify_locations(os.environ['ASSAY_CA_FILE'])
    return context


def services(client):
    """What its documentation has its user summon before connecting, for what the cases ask."""
    client.summon(aioxmpp.EntityCapsService)
    client.summon(aioxmpp.PingService)
    client.summon(aioxmpp.DiscoClient)
    client.summon(aioxmpp.BlockingClient).on_jids_blocked.connect(
        lambda jids: tell('blocked', items=[str(jid) for jid in jids])
    )
    # It answers nobody before it has a name.
    client.summon(aioxmpp.VersionServer).name = 'Assay'
    client.summon(aioxmpp.MUCClient)
    # What rooms stand on; it switches copies on by itself where the server has them.
    client.summon(IMDispatcher).message_filter.register(tell_copy, 0)
    messages = client.summon(aioxmpp.dispatcher.SimpleMessageDispatcher)
    messages.register_callback(None, None, tell_message)
    presences = client.summon(aioxmpp.dispatcher.SimplePresenceDispatcher)
    presences.register_callback(None, None, tell_presence)
    roster = client.summon(aioxmpp.RosterClient)
    for subscription in (roster.on_subscribe, roster.on_subscribed, roster.on_unsubscribe, roster.on_unsubscribed):
        subscription.connect(tell_presence)
    for change in (
        roster.on_entry_added,
        roster.on_entry_removed,
        roster.on_entry_name_changed,
        roster.on_entry_subscription_state_changed,
    ):
        change.connect(lambda item: tell('roster', items=[str(item.jid)]))


async def stay():
    try:
        async with client.connected():
            await left.wait()
    except Exception:
        # The same that on_failure has told.
        pass


def tell_failure(error):
    tell('error', message=describe(error), condition=condition_of(error))
    tell('offline')


def condition_of(error):
    """The name of a stanza's or a stream's error condition: an enum's value is its namespace and that."""
    condition = getattr(error, 'condition', None)
    return condition.value[1] if condition else None


def tell_message(message, carbon=None):
    tell(
        'message',
        from_=text_of(message.from_),
        to=text_of(message.to),
        type=message.type_.value,
        id=message.id_,
        body=message.body.any() if message.body else None,
        carbon=carbon,
    )


def tell_copy(message, peer, sent, source):
    """A filter of the library's messages: those that are no copies are the other dispatcher's."""
    if source != MessageSource.CARBONS:
        return message
    direction = 'sent' if sent else 'received'
    tell('carbon', from_=text_of(message.from_), type=direction)
    tell_message(message, carbon=direction)


def tell_presence(presence):
    tell('presence', from_=text_of(presence.from_), to=text_of(presence.to), type=presence.type_.value or 'available')


def running():
    if not client:
        raise VerbError('log in first')
    return client


async def answered(asked):
    """The answer to an IQ; an error of it as the verb's."""
    try:
        return await asked
    except aioxmpp.errors.StanzaError as error:
        raise VerbError(describe(error), condition=condition_of(error)) from error


async def logout(_):
    running()
    left.set()
    await session


async def message(params):
    sent = aioxmpp.Message(to=aioxmpp.JID.fromstr(params['to']), type_=aioxmpp.MessageType.CHAT)
    sent.body[None] = params['body']
    await running().send(sent)


async def query(params):
    asked, to = running(), aioxmpp.JID.fromstr(params['to'])
    if params['xmlns'] == 'http://jabber.org/protocol/disco#info':
        info = await answered(asked.summon(aioxmpp.DiscoClient).query_info(to, no_cache=True))
        return info.to_dict()
    if params['xmlns'] == 'jabber:iq:version':
        version = await answered(aioxmpp.version.query_version(asked.stream, to))
        return {'name': version.name, 'version': version.version, 'os': version.os}
    raise VerbError(f'it has no call for {params["xmlns"]}')


def roster(_):
    # It asks for the roster whenever it connects, and keeps it.
    return {'items': [str(jid) for jid in running().summon(aioxmpp.RosterClient).items]}


async def carbons(_):
    await answered(running().summon(aioxmpp.CarbonsClient).enable())


async def block(params):
    await answered(running().summon(aioxmpp.BlockingClient).block_jids([aioxmpp.JID.fromstr(params['jid'])]))


def blocklist(_):
    # It asks for the list whenever it connects, and keeps it.
    return {'items': [str(jid) for jid in running().summon(aioxmpp.BlockingClient).blocklist or ()]}


async def join(params):
    room, entered = running().summon(aioxmpp.MUCClient).join(aioxmpp.JID.fromstr(params['room']), params['nick'])
    await answered(entered)
    return {'nick': room.me.nick}


driver = Driver(
    'aioxmpp',
    aioxmpp.__version__,
    verbs={
        'login': login,
        'logout': logout,
        'message': message,
        'query': query,
        'roster': roster,
        'carbons': carbons,
        'block': block,
        'blocklist': blocklist,
        'join': join,
    },
    events=['online', 'offline', 'disconnected', 'error', 'message', 'presence', 'roster', 'carbon', 'blocked'],
)
tell = driver.tell


def main():
    log_to_stderr()
    asyncio.run(driver.serve_asyncio())
