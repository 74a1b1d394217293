import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pcapFile } from '../pcap/pcap-writer.ts'
import { pcapngFile } from '../pcap/pcapng-writer.ts'
import { compareWithTshark } from '../testing/compare-with-tshark.ts'
import { sampleLinkTypes, samplePackets } from '../testing/sample-packets.ts'
import { noTshark } from '../testing/tshark.ts'

for (const linkType of sampleLinkTypes) {
  test(`tshark reads the same messages in captures of link type ${linkType}`, { skip: noTshark }, async () => {
    const packets = samplePackets(linkType)
    for (const file of [pcapFile(linkType, packets), pcapngFile(linkType, packets)]) {
      const { agreed, differences, oursAlone } = await compareWithTshark(file)
      assert.deepEqual(differences, [])
      assert.deepEqual(agreed, { stun: 65, 'channel-data': 17, dtls: 27, rtp: 10, rtcp: 12 })
      // tshark does not look for STUN in ChannelData, nor for anything but STUN in the frames of RFC 4571.
      assert.deepEqual(oursAlone, { stun: 4, dtls: 9, rtp: 1, rtcp: 3 })
    }
  })
}

test('and in the captures of calls that the tests have', { skip: noTshark }, async () => {
  const folder = fileURLToPath(new URL('../../../tests/captures', import.meta.url))
  let messages = 0
  for await (const name of glob('**/*.pcap*', { cwd: folder })) {
    const { agreed, differences, oursAlone } = await compareWithTshark(await readFile(`${folder}/${name}`))
    assert.deepEqual([differences, oursAlone], [[], {}], name)
    messages += agreed.stun ?? 0
  }
  assert.ok(messages > 0)
})
