"""slixmpp as its README and its documentation show it, driven over stdio (drivers/PROTOCOL.md)."""

import asyncio
import importlib
import os
import tempfile
from pathlib import Path

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout, PresenceError
from slixmpp.xmlstream import ET

from stdio_verbs import Driver, VerbError, describe, log_to_stderr, text_of

# What its README registers, and the extensions whose cases it can be asked: each is a plugin of the library's own.
PLUGINS = [
    'xep_0030',
    'xep_0045',
    'xep_0092',
    'xep_0115',
    'xep_0184',
    'xep_0191',
    'xep_0198',
    'xep_0199',
    'xep_0280',
    'xep_0313',
]
for plugin in PLUGINS:
    importlib.import_module(f'slixmpp.plugins.{plugin}')

generation = slixmpp.__version_info__
xmpp = None


def login(params):
    global xmpp
    nobody = 'password' not in params
    made = xmpp = slixmpp.ClientXMPP(
        params['jid'], params.get('password', ''), sasl_mech='ANONYMOUS' if nobody else None
    )
    made.ca_certs = Path(os.environ['ASSAY_CA_FILE'])
    if 'certificate' in params:
        made.certfile, made.keyfile = kept('certificate.pem', params['certificate']), kept('key.pem', params['key'])
    for plugin in PLUGINS:
        made.register_plugin(plugin)

    async def session_start(_):
        tell('online', jid=str(made.boundjid))
        if generation < (1, 9):
            # Later versions do that by themselves.
            await made['xep_0115'].update_caps(broadcast=False)
        made.send_presence()
        made.get_roster()

    made.add_event_handler('session_start', session_start)
    made.add_event_handler('message', tell_message)
    made.add_event_handler('message_error', tell_message)
    made.add_event_handler('carbon_received', lambda message: tell_carbon(message, 'received'))
    made.add_event_handler('carbon_sent', lambda message: tell_carbon(message, 'sent'))
    made.add_event_handler('presence', tell_presence)
    made.add_event_handler('roster_update', tell_roster)
    made.add_event_handler('blocked', tell_blocked)
    made.add_event_handler('failed_auth', lambda failure: tell_failure('failed_auth', failure))
    made.add_event_handler('stream_error', lambda error: tell_failure('stream_error', error))
    made.add_event_handler('connection_failed', lambda reason: tell('error', message=f'connection_failed: {reason}'))
    for event in ('failed_all_auth', 'no_auth', 'legacy_protocol'):
        made.add_event_handler(event, lambda _, event=event: tell('error', message=event))
    made.add_event_handler('disconnected', lambda reason: tell('disconnected', reason=text_of(reason)))
    connect(made, params)


def connect(made, params):
    """Connects to an address as each of the two generations of its API has it, or to its domain."""
    if 'host' not in params:
        made.connect()
        return
    direct = params['transport'] == 'direct-tls'
    host, port = params['host'], int(params['port'])
    if generation < (1, 9):
        made.connect((host, port), use_ssl=direct)
        return
    # It would try one after the other on the same port.
    made.enable_direct_tls = direct
    made.enable_starttls = not direct
    made.connect(host, port)


def kept(name, content):
    """A file that this process alone knows of: the library takes certificates from files."""
    path = Path(tempfile.mkdtemp()) / name
    path.write_text(content)
    return str(path)


def tell_message(message, carbon=None):
    tell(
        'message',
        from_=text_of(message['from']),
        to=text_of(message['to']),
        type=message['type'],
        id=text_of(message['id']),
        body=text_of(message['body']),
        carbon=carbon,
    )


def tell_carbon(message, direction):
    tell('carbon', from_=text_of(message['from']), type=direction)
    tell_message(message[f'carbon_{direction}'], carbon=direction)


def tell_presence(presence):
    tell('presence', from_=text_of(presence['from']), to=text_of(presence['to']), type=presence['type'])


def tell_roster(iq):
    tell('roster', from_=text_of(iq['from']), items=[str(jid) for jid in iq['roster']['items']])


def tell_blocked(iq):
    # 1.8 has the addresses in a set, later versions have an element for each.
    items = iq['block']['items'] if generation < (1, 9) else [item['jid'] for item in iq['block']]
    tell('blocked', from_=text_of(iq['from']), items=[str(jid) for jid in items])


def tell_failure(event, stanza):
    condition = text_of(stanza['condition'])
    tell('error', message=f'{event}: {condition} {stanza["text"] or ""}'.strip(), condition=condition)


def running():
    if not xmpp:
        raise VerbError('log in first')
    return xmpp


async def answered(iq):
    """The answer to an IQ; an error of it as the verb's."""
    try:
        return await iq
    except IqError as error:
        raise VerbError(describe(error), condition=error.condition) from error
    except IqTimeout as error:
        raise VerbError(describe(error)) from error


def logout(_):
    running().disconnect()


def message(params):
    running().send_message(mto=params['to'], mbody=params['body'], mtype='chat')


async def query(params):
    iq = running().make_iq_get(ito=params['to'])
    iq.append(ET.Element(f'{{{params["xmlns"]}}}{params["name"]}'))
    return {'xml': str(await answered(iq.send()))}


async def roster(_):
    await answered(running().get_roster())
    return {'items': [str(jid) for jid in running().client_roster.keys()]}


async def carbons(_):
    await answered(running()['xep_0280'].enable())


async def archive(params):
    page = await answered(running()['xep_0313'].retrieve(with_jid=params.get('with')))
    return {'bodies': [result['mam_result']['forwarded']['stanza']['body'] for result in page['mam']['results']]}


async def block(params):
    await answered(running()['xep_0191'].block([params['jid']]))


async def blocklist(_):
    plugin = running()['xep_0191']
    if generation < (1, 9):
        jids = (await answered(plugin.get_blocked()))['blocklist']['items']
    else:
        jids = await answered(plugin.get_blocked_jids())
    return {'items': [str(jid) for jid in jids]}


async def join(params):
    try:
        entered = await running()['xep_0045'].join_muc_wait(slixmpp.JID(params['room']), params['nick'])
    except PresenceError as error:
        raise VerbError(describe(error), condition=error.condition) from error
    # Its own presence is the first of what comes with entering.
    return {'nick': entered[0]['from'].resource}


driver = Driver(
    'slixmpp',
    slixmpp.__version__,
    verbs={
        'login': login,
        'logout': logout,
        'message': message,
        'query': query,
        'roster': roster,
        'carbons': carbons,
        'archive': archive,
        'block': block,
        'blocklist': blocklist,
        'join': join,
    },
    events=['online', 'disconnected', 'error', 'message', 'presence', 'roster', 'carbon', 'blocked'],
)
tell = driver.tell


def main():
    log_to_stderr()
    asyncio.run(driver.serve_asyncio())
