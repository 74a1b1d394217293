// Writes the captures of this folder anew: node tests/captures/write.ts
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { captures } from './calls.ts'

for (const { file, call } of captures) await writeFile(join(import.meta.dirname, file), call().pcap())
