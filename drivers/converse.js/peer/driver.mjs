// Converse.js in headless Chromium, driven over stdio (drivers/PROTOCOL.md).
import { createReadStream, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Browser } from './browser.mjs'
import { serveVerbs, tell } from './rpc.mjs'

const converse = path.resolve(import.meta.dirname, '..', 'converse.js')
const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<link rel="stylesheet" href="converse.min.css">
<body class="converse-fullscreen">
<script type="module">
  import './converse.min.js'
  import '/page.js'
</script>`
const types = { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.wasm': 'application/wasm' }

/** Serves the page, and the package's files beside it, on loopback. */
function servePage() {
  const server = createServer(({ url }, response) => {
    const name = decodeURIComponent(new URL(url, 'http://page').pathname)
    // Some of its files it looks for beside the page.
    if (name === '/dist/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end(page)
    const file = name === '/page.js' ? path.join(import.meta.dirname, 'page.js') : path.join(converse, name)
    response.setHeader('Content-Type', types[path.extname(name)] ?? 'application/octet-stream')
    createReadStream(file)
      .on('error', () => response.writeHead(404).end())
      .pipe(response)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}

const home = mkdtempSync(path.join(tmpdir(), 'converse-'))
const browser = await Browser.start({ authority: process.env.ASSAY_CA_FILE, home, onExit: leave })
browser.on('Runtime.bindingCalled', ({ payload }) => {
  const { event, params } = JSON.parse(payload)
  tell(event, params)
})
browser.on('Runtime.consoleAPICalled', ({ type, args }) => {
  if (type === 'error' || type === 'warning')
    console.error(type, args.map(({ value, description }) => value ?? description).join(' '))
})
await browser.send('Runtime.addBinding', { name: 'assayTell' })
await browser.open(`http://127.0.0.1:${await servePage()}/dist/`)

/** The browser is gone, and the driver goes as it went. */
function leave({ code, signal, reason }) {
  console.error(`Chromium is gone: ${reason ?? signal ?? code}`)
  browser?.end()
  if (signal) process.kill(process.pid, signal)
  process.exit(code || 1)
}

/** Asks the page, and throws where it says that what was tried has failed. */
async function ask(verb, params) {
  const result = await browser.call(`assay.${verb}`, params)
  if (result?.failed === undefined) return result
  throw Object.assign(new Error(result.failed), { condition: result.condition })
}

const asked = ['logout', 'message', 'query', 'roster', 'archive', 'blocklist', 'block', 'join']
serveVerbs(
  {
    initialize: () => ({
      name: 'converse.js',
      version: JSON.parse(readFileSync(path.join(converse, 'package.json'), 'utf8')).version,
      verbs: ['login', ...asked, 'carbons'],
      events: [
        ...['online', 'error', 'disconnected', 'offline', 'message', 'presence', 'roster'],
        ...['blocked', 'corrected', 'retracted', 'reacted'],
      ],
    }),
    alive: () => browser.call('assay.idle'),
    login: (params) => ask('login', params),
    ...Object.fromEntries(asked.map((verb) => [verb, (params) => ask(verb, params)])),
    // It switches them on by itself, as soon as it is online.
    carbons: () => browser.call('assay.idle'),
  },
  () => {
    browser.end()
    process.exit(0)
  },
)
