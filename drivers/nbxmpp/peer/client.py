"""nbxmpp, worked in GLib's main loop as Gajim works it, driven over stdio (drivers/PROTOCOL.md)."""

import os

import nbxmpp
from gi.repository import Gio
from nbxmpp.client import Client
from nbxmpp.const import ConnectionProtocol, ConnectionType
from nbxmpp.errors import StanzaError
from nbxmpp.namespaces import Namespace
from nbxmpp.protocol import Iq, JID, Message, NodeProcessed
from nbxmpp.structs import DiscoIdentity, StanzaHandler

from stdio_verbs import Driver, Later, VerbError, describe, log_to_stderr, text_of

FEATURES = [
    Namespace.DISCO_INFO,
    Namespace.CAPS,
    Namespace.PING,
    Namespace.VERSION,
]

client = None


def login(params):
    global client
    made = client = Client(log_context='assay')
    made.set_domain(params['domain'])
    if 'username' in params:
        made.set_username(params['username'])
        made.set_password(params['password'])
    else:
        made.set_mechs({'ANONYMOUS'})
    if 'host' in params:
        made.set_custom_host(*address(params))
    made.get_module('EntityCaps').set_caps(
        [DiscoIdentity(category='client', type='pc', name='Assay')], FEATURES, 'https://assay.test'
    )
    made.get_module('SoftwareVersion').set_software_version('Assay', nbxmpp.__version__)
    made.subscribe('connected', connected)
    made.subscribe('disconnected', disconnected)
    made.subscribe('connection-failed', lambda *_: tell_failure())
    made.register_handler(StanzaHandler(name='message', callback=tell_message, priority=50))
    made.register_handler(StanzaHandler(name='presence', callback=tell_presence, priority=50))
    made.register_handler(
        StanzaHandler(name='iq', callback=tell_roster, typ='set', ns=Namespace.ROSTER, priority=50)
    )
    made.register_handler(
        StanzaHandler(name='iq', callback=tell_blocked, typ='set', ns=Namespace.BLOCKING, priority=50)
    )
    made.connect()


def address(params):
    if params['transport'] == 'websocket':
        return params['service'], ConnectionProtocol.WEBSOCKET, ConnectionType.DIRECT_TLS
    direct = params['transport'] == 'direct-tls'
    kind = ConnectionType.DIRECT_TLS if direct else ConnectionType.START_TLS
    return f'{params["host"]}:{params["port"]}', ConnectionProtocol.TCP, kind


def connected(made, _signal):
    tell('online', jid=str(made.get_bound_jid()))
    made.get_module('BasePresence').send(caps=made.get_module('EntityCaps').caps._asdict())


def disconnected(made, _signal):
    tell_failure()
    tell('disconnected')


def tell_failure():
    domain, error, text = client.get_error()
    if domain is None:
        return
    said = ' '.join(str(part) for part in (domain.name, error, text) if part)
    tell('error', message=said, condition=text_of(error))


def tell_message(_client, stanza, properties):
    # A result of a query of the archive: an answer, and marked as one.
    if properties.is_mam_message:
        return
    copy = properties.carbon.type if properties.is_carbon_message else None
    if copy:
        tell('carbon', from_=text_of(stanza.getFrom()), type=copy)
    tell(
        'message',
        from_=text_of(properties.from_),
        to=text_of(properties.to),
        type=properties.type.value,
        id=properties.id,
        body=properties.body,
        carbon=copy,
    )


def tell_presence(_client, stanza, properties):
    tell('presence', from_=text_of(stanza.getFrom()), to=text_of(stanza.getTo()), type=properties.type.value)


def tell_roster(_client, stanza, properties):
    tell('roster', from_=text_of(stanza.getFrom()), items=[str(properties.roster.item.jid)])
    raise NodeProcessed


def tell_blocked(_client, stanza, properties):
    tell('blocked', from_=text_of(stanza.getFrom()), items=[str(jid) for jid in properties.blocking.block])
    raise NodeProcessed


def running():
    if not client:
        raise VerbError('log in first')
    return client


# The library holds what it is to call weakly.
waiting = set()


def asked(request, *parameters, shape=lambda result: None):
    """Makes a request of the library's; its result, shaped, or its error is the verb's."""
    later = Later()

    def finished(task):
        waiting.discard(finished)
        try:
            later.done(shape(task.finish()))
        except Exception as error:
            later.fail(refusal(error))

    waiting.add(finished)
    request(*parameters, callback=finished)
    return later


def refusal(error):
    condition = error.condition if isinstance(error, StanzaError) else None
    return VerbError(describe(error), condition=condition)


def logout(_):
    running().disconnect()


def message(params):
    running().send_stanza(Message(to=params['to'], body=params['body'], typ='chat'))


def query(params):
    later = Later()
    iq = Iq('get', to=params['to'])
    iq.addChild(params['name'], namespace=params['xmlns'])

    def answered(_client, answer):
        if answer.isError():
            later.fail(refusal(StanzaError(answer)))
        else:
            later.done({'xml': str(answer)})

    running().send_stanza(iq, callback=answered)
    return later


def roster(_):
    request = running().get_module('Roster').request_roster
    return asked(request, shape=lambda data: {'items': [str(item.jid) for item in data.items]})


def block(params):
    return asked(running().get_module('Blocking').block, [JID.from_string(params['jid'])])


def blocklist(_):
    request = running().get_module('Blocking').request_blocking_list
    return asked(request, shape=lambda jids: {'items': [str(jid) for jid in jids]})


driver = Driver(
    'nbxmpp',
    nbxmpp.__version__,
    verbs={
        'login': login,
        'logout': logout,
        'message': message,
        'query': query,
        'roster': roster,
        'block': block,
        'blocklist': blocklist,
    },
    events=['online', 'disconnected', 'error', 'message', 'presence', 'roster', 'carbon', 'blocked'],
)
tell = driver.tell


def main():
    log_to_stderr()
    # GLib's own way to another authority: the database that every connection of the process starts from.
    Gio.TlsBackend.get_default().set_default_database(Gio.TlsFileDatabase.new(os.environ['ASSAY_CA_FILE']))
    driver.serve_glib()
