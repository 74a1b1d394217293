import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { roles, runtimes } from '../lab/implementation.ts'
import { resultsSchema } from './results-schema.ts'

const cell = z.object({
  id: z.string(),
  implementations: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      version: z.string(),
      family: z.string(),
      role: z.enum(roles),
      homepage: z.string().optional(),
    }),
  ),
  environment: z.looseObject({ runtime: z.enum(runtimes) }).catchall(z.string()),
  cases: z.array(z.string()),
})

/**
 * plan.json: what a run set out to do, with the catalogue of its time, so that it can be resumed and told from its
 * directory alone. Accounts of a target are named without their passwords.
 */
export const planFileSchema = z.object({
  schema: z.literal('assay/plan/1'),
  seed: z.string(),
  repeat: z.number().int().positive(),
  jobs: z.number().int().positive(),
  cells: z.array(cell),
  /** Reason by cell id, for cells that this machine cannot run. */
  unavailable: z.record(z.string(), z.string()),
  target: z.object({ uri: z.string(), accounts: z.array(z.string()) }).optional(),
  client: z.string().optional(),
  specifications: resultsSchema.shape.specifications,
  catalogue: resultsSchema.shape.catalogue,
})
export type PlanFile = z.infer<typeof planFileSchema>

/** @throws Error when the directory has no plan, or one that this Assay does not read. */
export async function readPlanFile(directory: string): Promise<PlanFile> {
  return planFileSchema.parse(JSON.parse(await readFile(join(directory, 'plan.json'), 'utf8')))
}
