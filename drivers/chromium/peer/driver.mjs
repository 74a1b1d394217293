// WebRTC in headless Chromium, driven over stdio (drivers/PROTOCOL.md).
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Browser } from './browser.mjs'
import { serveVerbs, tell } from './rpc.mjs'

/** Serves an empty page on loopback: from there the browser lets a page use WebRTC, and its microphone. */
function servePage() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>agent</title>')
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
}

const home = mkdtempSync(path.join(tmpdir(), 'chromium-'))
const browser = await Browser.start({
  home,
  onExit: leave,
  options: [
    // Nobody in the lab answers multicast DNS; a page that may use the microphone is told addresses in any case.
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--allow-loopback-in-peer-connection',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
  ],
})
browser.on('Runtime.bindingCalled', ({ payload }) => {
  const { event, params } = JSON.parse(payload)
  tell(event, params)
})
browser.on('Runtime.consoleAPICalled', ({ type, args }) => {
  if (type === 'error' || type === 'warning')
    console.error(type, args.map(({ value, description }) => value ?? description).join(' '))
})
await browser.send('Runtime.addBinding', { name: 'assayTell' })
await browser.open(`http://127.0.0.1:${await servePage()}/`)
await browser.send('Runtime.evaluate', {
  expression: readFileSync(path.join(import.meta.dirname, 'page.js'), 'utf8'),
})

/** The browser is gone, and the driver goes as it went. */
function leave({ code, signal, reason }) {
  console.error(`Chromium is gone: ${reason ?? signal ?? code}`)
  browser?.end()
  if (signal) process.kill(process.pid, signal)
  process.exit(code || 1)
}

/** Which parameters a verb must have. */
const needed = { start: ['role', 'kind'], remote: ['description'], candidate: ['candidate'], send: ['data'] }
const verbs = [
  ...['start', 'describe', 'remote', 'candidate', 'end-of-candidates', 'send', 'media', 'selected', 'restart', 'close'],
]
const { version } = JSON.parse(readFileSync('/assay/version.json', 'utf8'))

serveVerbs(
  {
    initialize: () => ({
      name: 'chromium',
      version,
      verbs,
      events: ['candidate', 'gathered', 'ice', 'dtls', 'selected', 'open', 'data', 'error'],
    }),
    alive: () => browser.call('assay.alive'),
    ...Object.fromEntries(verbs.map((verb) => [verb, (params) => ask(verb, params)])),
  },
  () => {
    browser.end()
    process.exit(0)
  },
)

async function ask(verb, params) {
  const missing = needed[verb]?.find((name) => params[name] === undefined)
  if (missing) throw Object.assign(new Error(`it needs the parameter "${missing}"`), { code: -32602 })
  const { failed, result } = await browser.call(`assay.ask`, verb, params)
  if (failed !== undefined) throw new Error(failed)
  return result
}
