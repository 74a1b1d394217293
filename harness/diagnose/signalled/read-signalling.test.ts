import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readCandidate, readSdp } from './read-sdp.ts'
import { readSignalling } from './read-signalling.ts'

const sdp = `v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
a=ice-options:ice2 trickle
a=ice-lite
m=audio 9 UDP/TLS/RTP/SAVPF 8
a=ice-ufrag:Rom1
a=ice-pwd:secret-of-romeo-0123456
a=setup:actpass
a=fingerprint:sha-256 00:11
a=rtcp-mux
a=sendonly
a=candidate:1 1 UDP 2130706431 192.0.2.1 40000 typ host
a=candidate:2 2 udp 1694498815 203.0.113.1 40001 typ srflx raddr 192.0.2.1 rport 40001 generation 0
`

const jingle = (ufrag: string, ip: string) =>
  `<transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' ufrag='${ufrag}' pwd="p&amp;w"><candidate component='1' foundation='1' generation='0' id='x' ip='${ip}' port='5000' priority='77' protocol='udp' type='host'/><fingerprint xmlns='urn:xmpp:jingle:apps:dtls:0' hash='sha-256' setup='active'>00</fingerprint></transport>`

describe('what was signalled', () => {
  test('is read from SDP: credentials, options, candidates, DTLS and direction', () => {
    const [one, ...others] = readSdp(sdp.replaceAll('\n', '\r\n'))
    assert.deepEqual(others, [])
    const { candidates, ...rest } = one ?? { candidates: [] }
    assert.deepEqual(rest, {
      ufrag: 'Rom1',
      password: 'secret-of-romeo-0123456',
      lite: true,
      options: ['ice2', 'trickle'],
      setup: 'actpass',
      wantsDtls: true,
      direction: 'sendonly',
      rtcpMux: true,
    })
    assert.deepEqual(
      candidates.map(({ component, type, endpoint, priority }) => [
        component,
        type,
        endpoint.address,
        endpoint.port,
        priority,
      ]),
      [
        [1, 'host', '192.0.2.1', 40_000, 2_130_706_431],
        [2, 'srflx', '203.0.113.1', 40_001, 1_694_498_815],
      ],
    )
  })

  test('a candidate is read with its prefixes and its fragment, and nonsense is none', () => {
    assert.equal(readCandidate('a=candidate:1 1 udp 5 192.0.2.1 7 typ host ufrag abcd')?.ufrag, 'abcd')
    assert.equal(readCandidate('candidate:1 1 udp 5 abc.local 7 typ host')?.endpoint.address, 'abc.local')
    for (const line of [
      '',
      'candidate:1 1 udp',
      'candidate:1 x udp 5 a 7 typ host',
      'candidate:1 1 udp 5 a 7 is host',
    ]) {
      assert.equal(readCandidate(line), undefined)
    }
  })

  test('is read from XMPP with Jingle, what was trickled too', () => {
    const [one, ...others] = readSignalling([
      `<iq><jingle>${jingle('abcd', '192.0.2.7')}</jingle></iq><iq>${jingle('abcd', '192.0.2.8')}</iq>`,
    ])
    assert.deepEqual(others, [])
    assert.deepEqual([one?.ufrag, one?.password, one?.setup, one?.wantsDtls], ['abcd', 'p&w', 'active', true])
    assert.deepEqual(
      one?.candidates.map(({ endpoint }) => endpoint.address),
      ['192.0.2.7', '192.0.2.8'],
    )
  })

  test('is read from lines of JSON that hold it, and a candidate goes to whoever said it', () => {
    const lines = [
      { at: 1, connection: 'romeo (2)', event: 'description', detail: sdp },
      { at: 2, connection: 'juliet', direction: 'received', text: jingle('efgh', '192.0.2.9') },
      {
        at: 3,
        connection: 'romeo',
        detail: JSON.stringify({ candidate: 'candidate:9 1 udp 5 192.0.2.44 7 typ host' }),
      },
      { at: 5, connection: 'romeo', detail: '{"local":"candidate:7 1 udp 5 192.0.2.46 7 typ host"}' },
      { at: 4, connection: 'nobody', detail: 'candidate:9 1 udp 5 192.0.2.45 7 typ host' },
    ]
    const found = readSignalling([lines.map((line) => JSON.stringify(line)).join('\n')])
    assert.deepEqual(
      found.map(({ ufrag, candidates, trickled }) => [ufrag, candidates.length, trickled ?? false]),
      [
        ['Rom1', 3, true],
        ['efgh', 1, false],
      ],
    )
  })

  test('is read from one JSON document, such as a description of WebRTC', () => {
    const [one] = readSignalling([JSON.stringify({ type: 'offer', sdp })])
    assert.equal(one?.ufrag, 'Rom1')
    assert.deepEqual(readSignalling(['no signalling at all', '{"torn', '[]']), [])
  })
})
