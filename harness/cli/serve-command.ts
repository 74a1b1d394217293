import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Transport, transports } from '../plan/cells.ts'
import { loadSuites } from '../plan/load-suites.ts'
import { didYouMean } from '../plan/nearest.ts'
import { UsageError } from '../plan/usage-error.ts'
import { exitCodes } from '../record/exit-code.ts'
import { type ServeEvent, serveCase } from '../run/serve-case.ts'
import type { Case, Suite } from '../suite/define-suite.ts'
import { harmless, print, printDocument } from './output.ts'
import { stopSignals } from './stop-signals.ts'
import { terminalWidth } from './table.ts'

/** Options of `assay serve` as commander gives them. */
export interface ServeCommandOptions {
  case: string
  port?: number
  transport?: Transport
  json?: boolean
}

/** Serves until Ctrl-C, and gives the exit code. @throws UsageError */
export async function serveCommand(options: ServeCommandOptions): Promise<number> {
  const { suite, test } = await findCase(options.case)
  const transport = options.transport ?? transportOf(suite, test)
  const folder = await mkdtemp(join(tmpdir(), 'assay-serve-'))
  const caFile = join(folder, 'ca.pem')
  const signals = stopSignals(() => {})
  const tell = (event: ServeEvent) => {
    if (options.json) printDocument(JSON.stringify(event.type === 'ready' ? { ...event, caFile } : event))
    else for (const line of lines(event, { test, caFile })) print(line)
  }
  try {
    await serveCase({
      test,
      transport,
      port: options.port ?? 0,
      password: randomBytes(6).toString('base64url'),
      trust: (caPem) => writeFile(caFile, caPem),
      tell,
      stop: signals.stop,
    })
  } finally {
    signals.release()
    await rm(folder, { recursive: true, force: true })
  }
  return exitCodes.asExpected
}

async function findCase(id: string): Promise<{ suite: Suite; test: Case }> {
  const suites = (await loadSuites()).map(({ suite }) => suite)
  const clients = suites.filter(({ role }) => role === 'xmpp-client')
  for (const suite of clients) {
    const test = suite.cases.find((one) => one.id === id)
    if (test) return { suite, test: test as Case }
  }
  if (suites.some(({ cases }) => cases.some((one) => one.id === id))) {
    throw new UsageError(`--case ${id}: this case is about servers; serve holds a server open for clients`)
  }
  const known = clients.flatMap(({ cases }) => cases.map((one) => one.id))
  throw new UsageError(`--case ${id}: no such case about clients${didYouMean(id, known)} (see assay list cases)`)
}

/** The transport that a case is about; STARTTLS where it is about none. */
function transportOf(suite: Suite, test: Case): Transport {
  const asked = [...(suite.requires ?? []), ...(test.requires ?? [])]
  const named = asked.find((one) => one.kind === 'capability' && transports.some((transport) => transport === one.name))
  return named?.kind === 'capability' ? (named.name as Transport) : 'starttls'
}

function lines(event: ServeEvent, { test, caFile }: { test: Case; caFile: string }): string[] {
  switch (event.type) {
    case 'ready':
      return [
        `${test.id} (${test.level}${test.security ? ', security' : ''}): ${test.statement}`,
        `  server    ${event.host}:${event.port}, ${event.transport}`,
        `  JID       ${event.jid}`,
        `  password  ${event.password}`,
        `  CA file   ${caFile} (the certificate is for ${event.domain})`,
      ]
    case 'round':
      return [event.round === 1 ? 'Waiting for a client. Ctrl-C ends.' : `Waiting for a client (${event.round}).`]
    case 'asks':
      return [`  please: ${event.what}`]
    case 'verdict': {
      const how = event.how ? ` (${event.how})` : ''
      return [`${event.verdict.toUpperCase()}${how}${event.message ? `: ${event.message}` : ''}`]
    }
    case 'entry':
      return entryLines(event)
  }
}

/** What came or went, in lines that fit the terminal. */
function entryLines(entry: Extract<ServeEvent, { type: 'entry' }>): string[] {
  const time = new Date(entry.at / 1000).toISOString().slice(11, 23)
  if (entry.event) return [`${time} · ${entry.event}${entry.detail ? ` ${entry.detail}` : ''}`]
  const sign = entry.direction === 'received' ? '>' : '<'
  const raw = entry.text ?? `(${Buffer.from(entry.base64 ?? '', 'base64').length} bytes that are no UTF-8)`
  const text = `${raw}${readableSasl(raw)}`
  const width = Math.max(40, Math.min(terminalWidth(), 4_096) - time.length - 3)
  return [`${time} ${sign} ${clip(harmless(text).replaceAll('\n', '⏎'), width)}`]
}

const clip = (text: string, width: number) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`)

/** What the base64 of a SASL element says (RFC 6120 §6.3.6), for reading along. */
function readableSasl(text: string): string {
  const [, data] = /^<(?:auth|challenge|response|success)\s[^>]*>([A-Za-z0-9+/]+={0,2})</.exec(text) ?? []
  return data === undefined ? '' : `   ${Buffer.from(data, 'base64').toString().replaceAll('\0', '␀')}`
}
