import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Element } from '@xmpp/xml'
import { parseElement } from '../../xml/stream-parser.ts'
import { ns } from '../../xmpp-client/namespaces.ts'
import type { PointContext } from '../deviations.ts'

/** One HTTP request of a client, as it came (XEP-0124 §5, §6). */
export interface BoshRequest {
  /** Number of the connection that it came on, from 1. */
  connection: number
  method: string
  headers: IncomingHttpHeaders
  text: string
  /** The `<body/>`; undefined where what came is none. */
  body: Element | undefined
  /** Why it is none. */
  fault?: string
  rid: number | undefined
  sid: string | undefined
  /** Its session was over before it came. */
  late: boolean
}

/** What is answered: the body of an HTTP 200, or more than that. */
export type BoshReply =
  | string
  | {
      /** HTTP status; 200 by default. */
      status?: number
      headers?: Record<string, string>
      body?: string
      /** The connection is closed instead of an answer. */
      breaks?: boolean
    }

/** What a case may change of BOSH. */
export interface BoshPoints {
  /** The whole answer to one request of a session; an object for more than the body of an HTTP 200 (XEP-0124 §8). */
  'bosh.response': { context: PointContext & { usual: string; request: BoshRequest }; value: BoshReply }
}

/** Bytes of one request that are read. */
const largest = 4 * 1024 * 1024

/**
 * Reads a request to its end.
 *
 * @throws Error when it is larger than 4 MiB or breaks off.
 */
export async function readRequest(message: IncomingMessage, connection: number): Promise<BoshRequest> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += (chunk as Buffer).length
    if (size > largest) throw new Error(`a request of more than ${largest} bytes`)
    chunks.push(chunk as Buffer)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const request: BoshRequest = {
    connection,
    method: message.method ?? '',
    headers: message.headers,
    text,
    body: undefined,
    rid: undefined,
    sid: undefined,
    late: false,
  }
  try {
    const body = parseElement(text, { declared: [] })
    if (!body.is('body', ns.httpBind)) throw new Error(`not a <body xmlns='${ns.httpBind}'/>`)
    request.body = body
    request.sid = body.attrs.sid
    request.rid = /^[1-9]\d{0,15}$/.test(body.attrs.rid ?? '') ? Number(body.attrs.rid) : undefined
  } catch (error) {
    request.fault = error instanceof Error ? error.message : String(error)
  }
  return request
}
