// A job's process that does what its environment says, once it is asked to start.
import { createRequire } from 'node:module'

const body = new Function('require', process.env.EVAL_JOB ?? '')
process.once('message', () => body(createRequire(import.meta.url)))
process.on('message', () => {})
