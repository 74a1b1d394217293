import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ConnectionRecorder } from '../../recorder.ts'
import type { BoshReply } from './bosh-request.ts'

/** What browsers want before a page of another origin may ask (Fetch §3.2): BOSH is made for them. */
const crossOrigin = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type',
}

/** An HTTP request that has not been answered. */
export class Exchange {
  readonly #response: ServerResponse
  readonly #recorder: ConnectionRecorder

  constructor(request: IncomingMessage, response: ServerResponse, recorder: ConnectionRecorder) {
    this.#response = response
    this.#recorder = recorder
    response.on('error', () => {})
    recorder.event('request', `${request.method} ${request.url?.slice(0, 200)}`)
  }

  /** The client is gone, or has its answer. */
  get over(): boolean {
    return this.#response.writableEnded || this.#response.destroyed
  }

  /**
   * Answers.
   *
   * @param contentType what the client wanted for the session (XEP-0124 §7.1)
   */
  answer(reply: BoshReply, contentType = 'text/xml; charset=utf-8'): void {
    if (this.over) return
    const {
      status = 200,
      headers = {},
      body = '',
      breaks = false,
    } = typeof reply === 'string' ? { body: reply } : reply
    if (breaks) {
      this.#recorder.event('breaks', 'the connection is closed instead of an answer')
      this.#response.destroy()
      return
    }
    const bytes = Buffer.from(body)
    if (status !== 200) this.#recorder.event('response', `HTTP ${status}`)
    if (bytes.length > 0) this.#recorder.bytes('sent', bytes)
    const type = bytes.length > 0 ? { 'Content-Type': contentType } : {}
    this.#response.writeHead(status, { ...crossOrigin, ...type, 'Content-Length': bytes.length, ...headers }).end(bytes)
  }
}
