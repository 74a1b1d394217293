import { resolve } from 'node:path'

const folder = (name: string): string | undefined => {
  const given = process.env[name]
  return given ? resolve(given) : undefined
}

/** Where suites and drivers are read from, and what jobs run, where the environment names others than Assay's own. */
export const folders = {
  suites: folder('ASSAY_SUITES'),
  drivers: folder('ASSAY_DRIVERS'),
  jobModule: folder('ASSAY_JOB_MODULE'),
}
