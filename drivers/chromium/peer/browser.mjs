// Headless Chromium with one page, spoken to over a pipe by its DevTools protocol.
import { spawn } from 'node:child_process'
import path from 'node:path'

export class Browser {
  #child
  #commands
  #pending = new Map()
  #listeners = new Map()
  #rest = ''
  #next = 1
  #session

  /**
   * Starts Chromium with an empty profile.
   *
   * @param home folder for all that Chromium writes
   * @param options of its command line
   * @param onExit called with exit code and signal when it is gone, or with the reason when its page has crashed
   */
  static async start({ home, onExit, options: more }) {
    const browser = new Browser()
    // Its sandbox wants rights that a container has not got.
    const options = [...more, '--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--no-first-run']
    options.push('--disable-background-networking', '--disable-component-update')
    options.push('--remote-debugging-pipe', `--user-data-dir=${path.join(home, 'profile')}`, 'about:blank')
    browser.#child = spawn('chromium-headless-shell', options, {
      // On its standard error it complains of the desktop that is not there.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: home },
    })
    browser.#child.on('exit', (code, signal) => onExit({ code, signal }))
    const [, , , commands, events] = browser.#child.stdio
    browser.#commands = commands
    commands.on('error', () => {})
    events.setEncoding('utf8')
    events.on('data', (piece) => browser.#read(piece))
    browser.on('Inspector.targetCrashed', () => onExit({ reason: 'its page crashed' }))
    const { targetInfos } = await browser.send('Target.getTargets')
    const { targetId } = targetInfos.find(({ type }) => type === 'page')
    const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true })
    browser.#session = sessionId
    for (const domain of ['Page', 'Runtime', 'Inspector']) await browser.send(`${domain}.enable`)
    return browser
  }

  /** Calls `listener` with the parameters of every event of this name. */
  on(event, listener) {
    this.#listeners.set(event, listener)
  }

  /** Sends a command and resolves with its result. */
  send(method, params = {}) {
    const id = this.#next++
    const { promise, resolve, reject } = withResolvers()
    this.#pending.set(id, { resolve, reject })
    this.#commands.write(`${JSON.stringify({ id, method, params, sessionId: this.#session })}\0`)
    return promise
  }

  /** Opens an address, and resolves when all that belongs to the page is there. */
  async open(url) {
    const { promise, resolve } = withResolvers()
    this.on('Page.loadEventFired', resolve)
    await this.send('Page.navigate', { url })
    await promise
  }

  /** Calls an asynchronous function of the page, and resolves with what it returns. */
  async call(name, ...values) {
    const expression = `${name}(${values.map((value) => JSON.stringify(value)).join()})`
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
    return result.value
  }

  end() {
    this.#child.removeAllListeners('exit')
    this.#child.kill('SIGKILL')
  }

  #read(piece) {
    const messages = (this.#rest + piece).split('\0')
    this.#rest = messages.pop()
    for (const text of messages) {
      const { id, result, error, method, params } = JSON.parse(text)
      if (id === undefined) this.#listeners.get(method)?.(params)
      else if (error) this.#pending.get(id)?.reject(new Error(error.message))
      else this.#pending.get(id)?.resolve(result)
      this.#pending.delete(id)
    }
  }
}

function withResolvers() {
  let resolve, reject
  const promise = new Promise((...both) => ([resolve, reject] = both))
  return { promise, resolve, reject }
}
