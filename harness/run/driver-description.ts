import { z } from 'zod'

/** What a driver says of itself: drivers/PROTOCOL.md, `initialize`. */
export const driverDescription = z.object({
  name: z.string(),
  version: z.string().optional(),
  verbs: z.array(z.string()),
  events: z.array(z.string()),
})
