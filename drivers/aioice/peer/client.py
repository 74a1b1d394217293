"""aioice as its README shows it, driven over stdio (drivers/PROTOCOL.md)."""

import asyncio
import importlib.metadata

import aioice

from stdio_verbs import INVALID_PARAMS, Driver, VerbError, describe as in_words, log_to_stderr

PREFIX = 'candidate:'
peer = None


class Peer:
    def __init__(self, params):
        self.connection = aioice.Connection(
            ice_controlling=params['role'] == 'controlling',
            transport_policy=aioice.TransportPolicy.RELAY if params.get('relayOnly') else aioice.TransportPolicy.ALL,
            **servers(params.get('servers', [])),
        )
        self.described = self.told = False
        self.connecting = None

    def begin(self):
        """The checks, as soon as both sides have told what they are."""
        if self.described and self.told and not self.connecting:
            self.connecting = asyncio.create_task(self.connect())

    async def connect(self):
        watching = asyncio.create_task(self.watch())
        tell('ice', state='checking')
        try:
            await self.connection.connect()
        except ConnectionError as error:
            tell('error', message=in_words(error))
            tell('ice', state='failed')
            return
        tell('ice', state='connected')
        tell('open')
        try:
            while True:
                tell('data', data=(await self.connection.recv()).decode(errors='replace'))
        except ConnectionError as error:
            tell('error', message=in_words(error))
        await watching

    async def watch(self):
        while event := await self.connection.get_event():
            if isinstance(event, aioice.ConnectionClosed):
                return tell('ice', state='closed')


def servers(asked):
    """One STUN and one TURN server, as its constructor has them."""
    found = {}
    for server in asked:
        address, _, query = server['url'].partition('?')
        scheme, host, port = address.split(':')
        found[f'{scheme}_server'] = (host, int(port))
        if scheme == 'turn':
            found['turn_username'], found['turn_password'] = server['username'], server['credential']
            found['turn_transport'] = query.partition('=')[2] or 'udp'
    return found


def start(params):
    global peer
    if params['role'] not in ('controlling', 'controlled'):
        raise VerbError('a role is controlling or controlled', code=INVALID_PARAMS)
    if params['kind'] != 'raw-ice':
        raise VerbError('it speaks raw-ice only')
    peer = Peer(params)


def running():
    if not peer:
        raise VerbError('start first')
    return peer


async def describe(_):
    one = running()
    await one.connection.gather_candidates()
    tell('gathered')
    one.described = True
    one.begin()
    return {
        'ufrag': one.connection.local_username,
        'password': one.connection.local_password,
        'candidates': [PREFIX + candidate.to_sdp() for candidate in one.connection.local_candidates],
    }


async def remote(params):
    told, one = params['description'], running()
    one.connection.remote_is_lite = bool(told.get('lite'))
    one.connection.remote_username, one.connection.remote_password = told['ufrag'], told['password']
    for text in told['candidates']:
        try:
            await add(text)
        except ValueError as error:
            tell('error', message=f'{text}: {error}')
    await one.connection.add_remote_candidate(None)
    one.told = True
    one.begin()


async def add(text):
    await running().connection.add_remote_candidate(aioice.Candidate.from_sdp(text.removeprefix(PREFIX)))


async def send(params):
    data = params['data']
    await running().connection.send(data.encode())


async def close(_):
    await running().connection.close()


driver = Driver(
    'aioice',
    importlib.metadata.version('aioice'),
    verbs={'start': start, 'describe': describe, 'remote': remote, 'send': send, 'close': close},
    events=['gathered', 'ice', 'open', 'data', 'error'],
)
tell = driver.tell


def main():
    log_to_stderr()
    asyncio.run(driver.serve_asyncio())
