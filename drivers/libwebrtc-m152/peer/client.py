"""libwebrtc through its Python binding wrtc, as that one's README shows it, driven over stdio (drivers/PROTOCOL.md)."""

import asyncio
import importlib.metadata

import webrtc

from stdio_verbs import INVALID_PARAMS, Driver, VerbError, log_to_stderr

peer = None


class Peer:
    def __init__(self, params):
        self.controlling = params['role'] == 'controlling'
        self.trickle = bool(params.get('trickle'))
        self.channel = self.watched = None
        self.gathered = asyncio.Event()
        self.pc = webrtc.RTCPeerConnection(
            webrtc.RTCConfiguration(
                ice_servers=[
                    webrtc.RTCIceServer(server['url'], server.get('username'), server.get('credential'))
                    for server in params.get('servers', [])
                ],
                ice_transport_policy='relay' if params.get('relayOnly') else 'all',
            )
        )
        self.pc.on('iceconnectionstatechange', lambda _: tell_state('ice', self.pc.ice_connection_state))
        self.pc.on('icegatheringstatechange', self.gathering)
        self.pc.on('icecandidate', self.candidate)
        self.pc.on('datachannel', lambda event: self.use(event.channel))

    def gathering(self, _):
        if self.pc.ice_gathering_state == 'complete':
            self.gathered.set()
            tell('gathered')
        else:
            self.gathered.clear()

    def candidate(self, event):
        found = event.candidate
        if self.trickle and found and found.candidate:
            tell('candidate', candidate=found.candidate, mid=found.sdp_mid, index=found.sdp_m_line_index)

    def use(self, channel):
        self.channel = channel
        channel.on('message', lambda event: tell('data', data=str(event.data)))
        if channel.ready_state == 'open':
            tell('open')
        else:
            channel.on('open', lambda _: tell('open'))

    def watch_transports(self):
        """They are there when the first description is made, or told."""
        if self.watched or not self.pc.sctp:
            return
        self.watched = dtls = self.pc.sctp.transport
        dtls.on('statechange', lambda _: tell_state('dtls', dtls.state))
        dtls.ice_transport.on('selectedcandidatepairchange', lambda _: tell('selected', **chosen()))


def tell_state(event, state):
    if state.value != 'new':
        tell(event, state=state.value)


def start(params):
    global peer
    if params['role'] not in ('controlling', 'controlled'):
        raise VerbError('a role is controlling or controlled', code=INVALID_PARAMS)
    if params['kind'] != 'data-channel':
        raise VerbError('it speaks data-channel only')
    if str(params.get('address', '')).startswith('127.'):
        webrtc.allow_loopback()
    peer = Peer(params)


def running():
    if not peer:
        raise VerbError('start first')
    return peer


async def describe(_):
    one = running()
    if one.pc.signaling_state == 'have-remote-offer':
        return await take(await one.pc.create_answer())
    if not one.controlling:
        raise VerbError('it has no offer to answer')
    one.use(one.pc.create_data_channel('assay'))
    return await take(await one.pc.create_offer())


async def restart(_):
    one = running()
    one.pc.restart_ice()
    return await take(await one.pc.create_offer())


async def take(made):
    """Takes a description as ours, and tells it: with its candidates, where they are not to be told one by one."""
    one = running()
    one.gathered.clear()
    await one.pc.set_local_description(made)
    one.watch_transports()
    if not one.trickle:
        await one.gathered.wait()
    told = made if one.trickle else one.pc.local_description
    return {'type': getattr(told.type, 'value', told.type), 'sdp': told.sdp}


async def remote(params):
    told, one = params['description'], running()
    await one.pc.set_remote_description(webrtc.RTCSessionDescriptionInit(type=told['type'], sdp=told['sdp']))
    one.watch_transports()


async def add_candidate(params):
    text, one = params['candidate'], running()
    made = webrtc.RTCIceCandidateInit(
        candidate=text, sdp_mid=params.get('mid'), sdp_m_line_index=params.get('index', None if 'mid' in params else 0)
    )
    await one.pc.add_ice_candidate(made)


async def end_of_candidates(_):
    await running().pc.add_ice_candidate()


def send(params):
    data, one = params['data'], running()
    if not one.channel:
        raise VerbError('there is no data channel')
    one.channel.send(data)


def chosen():
    pair = running().pc.sctp.transport.ice_transport.get_selected_candidate_pair()
    return {'local': pair.local.candidate, 'remote': pair.remote.candidate} if pair else {}


def selected(_):
    return chosen() or None if running().pc.sctp else None


def close(_):
    running().pc.close()


driver = Driver(
    'wrtc',
    importlib.metadata.version('wrtc'),
    verbs={
        'start': start,
        'describe': describe,
        'remote': remote,
        'candidate': add_candidate,
        'end-of-candidates': end_of_candidates,
        'send': send,
        'selected': selected,
        'restart': restart,
        'close': close,
    },
    events=['candidate', 'gathered', 'ice', 'dtls', 'selected', 'open', 'data'],
)
tell = driver.tell


def main():
    log_to_stderr()
    asyncio.run(driver.serve_asyncio())
