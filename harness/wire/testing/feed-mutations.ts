import { MessageDecoder } from '../trace/message-decoder.ts'
import { TraceBuilder } from '../trace/trace-builder.ts'
import { mutated } from './mutations.ts'
import { sampleLinkTypes, samplePackets } from './sample-packets.ts'

/**
 * Gives a decoder this many mutated packets, which must not throw, and collects what it reads to a trace.
 *
 * @param random numbers from 0 to 1; a seed makes a failure come again
 */
export function feedMutations(count: number, random: () => number): { messages: number; malformed: number } {
  const samples = sampleLinkTypes.flatMap((linkType) => samplePackets(linkType))
  const builder = new TraceBuilder()
  const found = { messages: 0, malformed: 0 }
  const decoder = new MessageDecoder(0, (message, size) => {
    found.messages++
    if (message.body.kind === 'malformed') found.malformed++
    builder.add(message, size)
  })
  const any = () => samples[Math.floor(random() * samples.length)] as (typeof samples)[number]
  for (let index = 0; index < count; index++) {
    const { linkType, at } = any()
    const packet = any()
    // Mostly of the right link type: else hardly anything would get far.
    const data = mutated(packet.data, any().data, random)
    const link = random() < 0.95 ? packet.linkType : linkType
    decoder.push({ at: at + index * 1000, length: data.length + (random() < 0.1 ? 100 : 0), data, linkType: link })
  }
  decoder.end()
  builder.finish([])
  return found
}
