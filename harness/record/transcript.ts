import { z } from 'zod'

/** One line of evidence/<cell>/<case>/transcript.ndjson: bytes that passed, or an event of a connection. */
export const transcriptEntry = z.object({
  /** Epoch microseconds. */
  at: z.number().int(),
  /** Name of the connection, unique within the case: `romeo/phone`, `stream 1`. */
  connection: z.string(),
  /** Seen from the tester. Absent on events. */
  direction: z.enum(['sent', 'received']).optional(),
  /** The bytes where they are valid UTF-8 … */
  text: z.string().optional(),
  /** … and in base64 where they are not. */
  base64: z.string().optional(),
  /** `connected`, `encrypted`, `closed`, `reset`, or a client driver's own word; the rest in `detail`. */
  event: z.string().optional(),
  detail: z.string().optional(),
  /** True where a secret of a target's account was taken out. */
  redacted: z.boolean().optional(),
})
export type TranscriptEntry = z.infer<typeof transcriptEntry>
