#!/usr/bin/env node
// Starts the command line on a Node that runs TypeScript sources as they are. `npm ci` brings Node 24 along, so a
// machine whose own Node is older still works: this file, and it alone, stays plain JavaScript.
import { spawn } from 'node:child_process'
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'

const enough = Number(process.versions.node.split('.')[0]) >= 24
if (enough) {
  // Before the first source is loaded: types are stripped once, not at every start, and by no process that need not.
  module.enableCompileCache(fileURLToPath(new URL('../.assay/compile-cache', import.meta.url)))
  const { main } = await import('../harness/cli/main.ts')
  await main(process.argv)
} else {
  const own = module.createRequire(import.meta.url).resolve('node/bin/node')
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : 3)))
}
