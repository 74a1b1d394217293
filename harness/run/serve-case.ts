import type { TranscriptEntry } from '../record/transcript.ts'
import type { Case } from '../suite/define-suite.ts'
import { setDefaultWait } from '../tester/inbox.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { createCertificateStore } from '../tester/xmpp-server/certificate-kinds.ts'
import type { ScriptedServer, ServerTransport } from '../tester/xmpp-server/scripted-server.ts'
import { ClientByHand } from './client-by-hand.ts'
import { createClientStage } from './client-fixtures.ts'
import { labDomain, mechanismsFor } from './client-world.ts'
import { noticeOnline } from './notice-online.ts'
import { type Judgement, judge } from './verdict.ts'

/** What `assay serve` tells, in order. */
export type ServeEvent =
  /** The server is there: where a client finds it. */
  | { type: 'ready'; host: string; port: number; domain: string; jid: string; password: string; transport: string }
  /** Another client may connect; counted from 1. */
  | { type: 'round'; round: number }
  /** Something the person is to do. */
  | { type: 'asks'; what: string }
  /** Bytes, or something that happened on a connection. */
  | ({ type: 'entry' } & TranscriptEntry)
  | ({ type: 'verdict'; round: number } & Judgement)

export interface ServeOptions {
  test: Case
  transport: ServerTransport
  /** 0: a free one, the same in each round. */
  port: number
  password: string
  /** Told the PEM of the lab's authority before anything else. */
  trust(caPem: string): Promise<void>
  tell(event: ServeEvent): void
  /** Ends it. */
  stop: AbortSignal
}

/** How long a person has for what a case waits for, milliseconds. */
const patienceMs = 120_000

/**
 * Holds the scripted server of one case open for a client that somebody points at it by hand. Each time a client has
 * come and gone the case begins anew. Resolves when stopped.
 *
 * @throws LabError when the port cannot be had
 */
export async function serveCase(options: ServeOptions): Promise<void> {
  const { test, transport, password, tell, stop } = options
  const certificates = await createCertificateStore(labDomain, '127.0.0.1')
  await options.trust(certificates.caPem)
  setDefaultWait(patienceMs)
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }))
  let { port } = options
  for (let round = 1; !stop.aborted; round++) {
    const driver = new ClientByHand((what) => tell({ type: 'asks', what }))
    const stage = await createClientStage({
      domain: labDomain,
      transport,
      certificates,
      recorder: new TellingRecorder((entry) => tell({ type: 'entry', ...entry })),
      mechanisms: mechanismsFor(test),
      driver,
      port,
      password,
    })
    driver.meets(stage.server)
    noticeOnline(driver, stage.server)
    const { host, jid, domain } = stage.probe.loginParameters
    port = stage.probe.port
    if (round === 1) tell({ type: 'ready', host, port, domain, jid, password, transport })
    tell({ type: 'round', round })
    const judged = test.body(stage.fixtures as never).then(
      () => judge(test, undefined),
      (error: unknown) => judge(test, error),
    )
    const judgement = await Promise.race([judged, stopped])
    if (judgement) {
      tell({ type: 'verdict', round, ...(stage.how ? { how: stage.how } : {}), ...judgement })
      await Promise.race([allGone(stage.server), stopped])
    }
    await stage.end()
    // What the case still waited for has come to its end with its stage.
    await judged
  }
}

/** Resolves when no client is connected any more. */
const allGone = (server: ScriptedServer): Promise<void> =>
  new Promise((resolve) => {
    const look = () => server.connections.every(({ open }) => !open) && resolve()
    server.watch(look)
    look()
  })

/** Passes on what is recorded as it comes. */
class TellingRecorder extends CaseRecorder {
  readonly #tell: (entry: TranscriptEntry) => void

  constructor(tell: (entry: TranscriptEntry) => void) {
    super()
    this.#tell = tell
  }

  override add(entry: TranscriptEntry): void {
    this.#tell(entry)
  }
}
