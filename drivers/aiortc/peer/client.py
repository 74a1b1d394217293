"""aiortc as its documentation and examples show it, driven over stdio (drivers/PROTOCOL.md)."""

import asyncio

import aiortc
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.rtcconfiguration import RTCIceTransportPolicy

from stdio_verbs import INVALID_PARAMS, Driver, VerbError, log_to_stderr

peer = None


class Peer:
    def __init__(self, params):
        self.controlling = params['role'] == 'controlling'
        self.channel = None
        # An empty list: without one it asks a public server.
        self.pc = RTCPeerConnection(
            RTCConfiguration(
                iceServers=[
                    RTCIceServer(server['url'], server.get('username'), server.get('credential'))
                    for server in params.get('servers', [])
                ],
                iceTransportPolicy=RTCIceTransportPolicy('relay' if params.get('relayOnly') else 'all'),
            )
        )
        self.pc.on('iceconnectionstatechange', lambda: tell_state('ice', self.pc.iceConnectionState))
        self.pc.on('icegatheringstatechange', self.gathering)
        self.pc.on('datachannel', self.use)
        self.watched = False

    def gathering(self):
        if self.pc.iceGatheringState == 'complete':
            tell('gathered')

    def use(self, channel):
        self.channel = channel
        channel.on('message', lambda data: tell('data', data=data if isinstance(data, str) else data.decode(errors='replace')))
        if channel.readyState == 'open':
            tell('open')
        else:
            channel.on('open', lambda: tell('open'))

    def watch_dtls(self):
        """Its DTLS transport is there when the first description is made, or told."""
        if self.watched or not self.pc.sctp:
            return
        self.watched = True
        dtls = self.pc.sctp.transport
        dtls.on('statechange', lambda: tell_state('dtls', dtls.state))


def tell_state(event, state):
    if state != 'new':
        tell(event, state=state)


def start(params):
    global peer
    if params['role'] not in ('controlling', 'controlled'):
        raise VerbError('a role is controlling or controlled', code=INVALID_PARAMS)
    if params['kind'] != 'data-channel':
        raise VerbError('it speaks data-channel only')
    peer = Peer(params)


def running():
    if not peer:
        raise VerbError('start first')
    return peer


async def describe(_):
    one = running()
    if one.controlling:
        one.use(one.pc.createDataChannel('assay'))
        made = await one.pc.createOffer()
    else:
        made = await one.pc.createAnswer()
    one.watch_dtls()
    # Gathers, too.
    await one.pc.setLocalDescription(made)
    return {'type': one.pc.localDescription.type, 'sdp': one.pc.localDescription.sdp}


async def remote(params):
    told, one = params['description'], running()
    await one.pc.setRemoteDescription(RTCSessionDescription(sdp=told['sdp'], type=told['type']))
    one.watch_dtls()


def send(params):
    data, one = params['data'], running()
    if not one.channel:
        raise VerbError('there is no data channel')
    one.channel.send(data)


async def close(_):
    await running().pc.close()


driver = Driver(
    'aiortc',
    aiortc.__version__,
    verbs={'start': start, 'describe': describe, 'remote': remote, 'send': send, 'close': close},
    events=['gathered', 'ice', 'dtls', 'open', 'data'],
)
tell = driver.tell


def main():
    log_to_stderr()
    asyncio.run(driver.serve_asyncio())
