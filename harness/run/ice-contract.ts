import type { RpcDriver } from '../lab/embedded/rpc-driver.ts'
import { UdpTap } from '../lab/embedded/udp-tap.ts'
import {
  type AgentDescription,
  IceAgent,
  type IceKind,
  type IceRole,
  iceKinds,
  readTrickled,
} from '../lab/ice-agent.ts'
import { candidatesOf, parseCandidate } from '../lab/ice-candidate.ts'
import { capabilitiesOf } from '../plan/registry.ts'
import { CaseRecorder } from '../tester/recorder.ts'
import { type Check, checkEnds, checkManners, type Described, inContractLab, must } from './contract-checks.ts'
import { driverDescription } from './driver-description.ts'
import type { DriverSource } from './driver-source.ts'
import { PairSession } from './pair-session.ts'
import { wayThrough } from './pair-wire.ts'

const neededVerbs = ['start', 'describe', 'remote', 'close']
const neededEvents = ['ice']
/** By what a manifest claims: verbs and events. */
const claimed: Record<string, { verbs: string[]; events: string[] }> = {
  'raw-ice': { verbs: ['send'], events: ['open', 'data'] },
  'data-channel': { verbs: ['send'], events: ['open', 'data'] },
  audio: { verbs: ['media'], events: [] },
  trickle: { verbs: ['candidate'], events: ['candidate', 'gathered'] },
  restart: { verbs: ['restart'], events: [] },
  selected: { verbs: ['selected'], events: [] },
}

/** Checks the driver of an ICE agent against drivers/PROTOCOL.md; in the end it is joined with itself. */
export async function iceContract(described: Described, check: Check, tell: (text: string) => void): Promise<void> {
  const { manifest, variant } = described
  const capabilities = capabilitiesOf(manifest, variant)
  const kinds = iceKinds.filter((kind) => capabilities.has(kind))
  await inContractLab(described, check, tell, async (source, withDriver) => {
    const embedded = manifest.runtime === 'embedded'
    const start = async (driver: RpcDriver, kind: IceKind, role: IceRole, trickle: boolean) =>
      driver.request('start', { role, kind, trickle, address: await source.clientAddress() }, 20_000)

    let verbs: string[] = []
    await check('the manifest names a kind and a role', async () => {
      must(kinds.length > 0, `one of ${iceKinds.join(', ')}`, [...capabilities].join(' '))
      must(capabilities.has('controlling') || capabilities.has('controlled'), 'a role', [...capabilities].join(' '))
    })
    await check('initialize names the library, its verbs and its events', () =>
      withDriver(async (driver) => {
        const said = driverDescription.parse(await driver.request('initialize', {}, 20_000))
        verbs = said.verbs
        const claims = [...capabilities].flatMap((name) => claimed[name] ?? [])
        for (const verb of [...neededVerbs, ...claims.flatMap((one) => one.verbs)])
          must(verbs.includes(verb), `the verb ${verb}`, verbs.join(' '))
        for (const event of [...neededEvents, ...claims.flatMap((one) => one.events)])
          must(said.events.includes(event), `the event ${event}`, said.events.join(' '))
      }),
    )
    await checkManners(check, withDriver, () => verbs, 'start')
    for (const kind of kinds) {
      const role = capabilities.has('controlling') ? 'controlling' : undefined
      if (role) {
        await check(`a description of kind ${kind} holds what it must, and every candidate`, () =>
          withDriver(async (driver) => {
            await start(driver, kind, role, false)
            mustBeWhole(await new IceAgent(driver).describe(), kind)
          }),
        )
        if (capabilities.has('trickle')) {
          await check(`candidates of kind ${kind} are told one by one, then gathered`, () =>
            withDriver(async (driver) => {
              const agent = new IceAgent(driver)
              const gathered = new Promise<void>((resolve) =>
                agent.onEvent(({ event }) => event === 'gathered' && resolve()),
              )
              await start(driver, kind, role, true)
              await agent.describe()
              const late = new Promise<never>((_, reject) =>
                setTimeout(reject, 15_000, new Error('expected gathered within 15 s, got nothing')).unref(),
              )
              await Promise.race([gathered, late])
              const told = agent.events.filter(({ event }) => event === 'candidate')
              must(told.length > 0, 'candidates', 'none')
              for (const { params } of told) {
                const one = readTrickled(params)
                must(one && parseCandidate(one.candidate), 'a candidate', JSON.stringify(params))
              }
            }),
          )
        }
      }
      if (role && capabilities.has('controlled')) {
        const bothWays = capabilities.has('trickle') ? [false, true] : [false]
        for (const trickle of bothWays) {
          await check(`two of them are joined over ${kind}, ${trickle ? 'trickling' : 'vanilla'}`, () =>
            joinWithItself(source, kind, trickle, embedded),
          )
        }
      }
    }
    await checkEnds(check, withDriver)
  })
}

function mustBeWhole(description: AgentDescription, kind: IceKind) {
  const isSdp = 'sdp' in description
  must(isSdp === (kind !== 'raw-ice'), kind === 'raw-ice' ? 'ufrag and password' : 'type and sdp', 'the other shape')
  const candidates = isSdp ? candidatesOf(description.sdp) : description.candidates
  must(candidates.length > 0, 'candidates', 'none')
  for (const one of candidates) {
    must(one.startsWith('candidate:') && parseCandidate(one), 'the value of a=candidate, with its name', one)
  }
  if (isSdp) {
    must(description.type === 'offer', 'an offer of the controlling agent', description.type)
    for (const name of ['ice-ufrag', 'ice-pwd']) must(description.sdp.includes(`a=${name}:`), `a=${name}`, 'none')
  } else {
    // RFC 8445 §5.3: 24 and 128 bits at least, as characters of six bits.
    must(description.ufrag.length >= 4, 'a ufrag of 4 characters or more', description.ufrag)
    must(description.password.length >= 22, 'a password of 22 characters or more', description.password)
  }
}

async function joinWithItself(source: DriverSource, kind: IceKind, trickle: boolean, embedded: boolean) {
  const side = embedded
    ? {}
    : { address: source.address.seen, reaches: (address: string) => !address.startsWith('127.') }
  const tap = new UdpTap({ controlling: side, controlled: side })
  const drivers = [source.start(), source.start()] as const
  try {
    const [controlling, controlled] = await Promise.all(
      drivers.map(async (driver) => {
        const { verbs } = driverDescription.parse(await driver.request('initialize', {}, 20_000))
        return { agent: new IceAgent(driver), verbs, settings: { address: await source.clientAddress() } }
      }),
    )
    if (!controlling || !controlled) throw new Error('no drivers')
    const recorder = new CaseRecorder()
    const agents = { controlling, controlled }
    // Whether it keeps asking for consent is for the suites, not for its driver.
    const session = new PairSession({
      agents,
      way: wayThrough(tap),
      kind,
      trickle,
      recorder,
      patience: { consent: 500 },
    })
    const { gathering, checks, dtls, ...rest } = await session.run()
    for (const [name, stage] of Object.entries({
      gathering,
      checks,
      dtls,
      'data-to-controlled': rest['data-to-controlled'],
      'data-to-controlling': rest['data-to-controlling'],
    })) {
      if (stage)
        must(stage.verdict === 'pass', `${name} to pass`, `${stage.blame ?? ''} ${stage.reason ?? stage.verdict}`)
    }
  } finally {
    await Promise.all(drivers.map((driver) => driver.end()))
    await tap[Symbol.asyncDispose]()
  }
}
