import { randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { type Endpoint, normalAddress } from '../../wire/ip/address.ts'
import { attributeOf, type StunMessage } from '../../wire/stun/stun-message.ts'
import { stunAttributes } from '../../wire/stun/stun-names.ts'
import { numberOf } from '../../wire/stun/stun-values.ts'
import { Consent } from './consent.ts'
import { answerDraft, bytesOf, checkDraft, type Draft, type Drafted } from './drafts.ts'
import { type IceEngineOptions, type IceState, type IceTimings, usualTimings } from './engine-options.ts'
import { checkable, hostCandidates, type IceCandidate, typePreferences } from './ice-candidate.ts'
import { credentialsMeant, type IceDescription, makeCredentials } from './ice-description.ts'
import { type Datagram, IceSocket } from './ice-socket.ts'
import { covered, type IceRole, judgeRequest, judgeResponse, type Makes, readStun } from './judge-message.ts'
import { mistakenAnswer, mistakenCheck, mistakenCredentials, newCredentials } from './mistaken-drafts.ts'
import { Pacer } from './pacer.ts'
import { type Pair, PairList, samePlace } from './pairs.ts'
import { Transactions } from './transactions.ts'

export type { IceEngineOptions, IceState } from './engine-options.ts'

/** An ICE agent of one component over UDP (RFC 8445): full or lite, either role, trickling or not; right unless told otherwise. */
export class IceEngine {
  role: IceRole
  tieBreaker: bigint
  readonly lite: boolean
  readonly sockets: IceSocket[] = []
  /** A socket that nobody was told of. */
  spare: IceSocket | undefined
  readonly list = new PairList()
  readonly options: IceEngineOptions
  readonly timings: IceTimings
  readonly #makes: Makes
  readonly #transactions: Transactions
  readonly #consent: Consent
  /** Requests that came before the peer's password was known (RFC 8445 §7.3). */
  readonly #early: { socket: IceSocket; from: Endpoint; message: StunMessage }[] = []
  /** Whether these are not its first credentials. */
  restarted = false
  readonly #asked = new Set<string>()
  own: { ufrag: string; pwd: string }
  #before: { ufrag: string; pwd: string } | undefined
  remote: { ufrag: string; pwd: string } | undefined
  remoteCandidates: IceCandidate[] = []
  remoteEnded = false
  selected: Pair | undefined
  state: IceState = 'new'
  readonly #pacer: Pacer
  #nomination: NodeJS.Timeout | undefined
  #valid = 0

  private constructor(options: IceEngineOptions) {
    this.options = options
    this.role = options.role
    this.lite = options.lite ?? false
    this.tieBreaker = options.tieBreaker ?? randomBytes(8).readBigUInt64BE()
    this.timings = { ...usualTimings, ...options.timings }
    this.#makes = options.makes ?? (() => false)
    this.own = mistakenCredentials(makeCredentials(), this.#makes)
    this.#transactions = new Transactions(this.timings.rto, this.#makes)
    this.#pacer = new Pacer(this.timings.ta, this.#makes, () => this.#checkNext())
    this.#consent = new Consent(this, this.#transactions, this.#makes)
  }

  /** Opens its sockets. @throws Error when no port can be had. */
  static async open(options: IceEngineOptions): Promise<IceEngine> {
    const agent = new IceEngine(options)
    const { makes } = options
    if (makes?.('answers-from-another-port') || makes?.('checks-from-another-port')) {
      agent.spare = await IceSocket.open('127.0.0.1', () => {})
    }
    for (const address of options.addresses ?? ['127.0.0.1']) {
      agent.sockets.push(
        await IceSocket.open(address, (datagram, socket) => {
          options.onDatagram?.(datagram)
          if (datagram.direction === 'received') agent.#received(datagram, socket)
        }),
      )
    }
    return agent
  }

  /** Its host candidates (RFC 8445 §5.1). */
  get candidates(): IceCandidate[] {
    return hostCandidates(this.sockets.map(({ local }) => local))
  }

  get description(): IceDescription {
    const options = ['ice2', 'trickle']
    return { ...this.own, lite: this.lite, options, candidates: this.candidates, endOfCandidates: true }
  }

  /** Takes what the peer describes; its candidates too. */
  setRemote(description: IceDescription): void {
    this.remote = { ufrag: description.ufrag, pwd: description.pwd }
    if (description.lite && !this.lite && !this.#makes('takes-no-role-from-lite')) this.role = 'controlling'
    if (this.state === 'new') this.become('checking')
    for (const candidate of description.candidates) this.addRemoteCandidate(candidate)
    if (description.endOfCandidates) this.remoteEnded = true
    for (const { socket, from, message } of this.#early.splice(0)) this.#accepted(socket, from, message)
    this.wake()
  }

  /** Adds a candidate of the peer, also later (RFC 8838 §11). */
  addRemoteCandidate(candidate: IceCandidate): void {
    if (this.remoteEnded && !this.#makes('takes-candidates-after-the-end')) return
    this.remoteCandidates.push(candidate)
    if (!checkable(candidate)) return
    if (this.#makes('needs-known-extensions') && candidate.extensions.length > 0) return
    if (this.#makes('ignores-all-after-unknown') && !this.remoteCandidates.every(checkable)) return
    const remote = { address: normalAddress(candidate.address), port: candidate.port }
    for (const [index, socket] of this.sockets.entries()) {
      if (isIPv6(remote.address) !== isIPv6(socket.local.address)) continue
      if (this.list.find(socket, remote)) continue
      const localPriority = this.candidates[index]?.priority ?? 1
      this.list.add({ socket, localPriority, remote, remotePriority: candidate.priority })
    }
    this.wake()
  }

  endOfRemoteCandidates(): void {
    this.remoteEnded = true
    this.#mayHaveFailed()
  }

  /** Forgets its pairs, as an agent does that takes each candidate for a session of its own. */
  forget(): void {
    this.list.clear()
    this.#transactions.clear()
  }

  /** Begins anew with other credentials (RFC 8445 §9). What is selected stays until something else is. */
  restart(): void {
    this.#before = this.own
    this.restarted = true
    this.own = newCredentials(this.own, this.#makes)
    if (this.#makes('changes-role-on-restart')) this.role = this.role === 'controlling' ? 'controlled' : 'controlling'
    this.list.clear()
    this.#transactions.clear()
    this.remote = undefined
    this.remoteCandidates = []
    this.remoteEnded = false
    this.become('new')
  }

  /** Sends data on the selected pair, or on a valid one before there is one (RFC 8445 §12.1). Whether it went. */
  send(bytes: Uint8Array): boolean {
    const best = this.list.sorted(this.role, this.list.valid)[0]
    const pair = this.#makes('sends-data-on-best-pair') ? best : (this.selected ?? best)
    const to = pair ?? (this.#makes('sends-data-before-consent') ? this.list.pairs[0] : undefined)
    if (!to || this.state === 'failed' || this.state === 'closed') return false
    to.socket.send(bytes, to.remote)
    return true
  }

  /** Repeats the check of a valid pair with USE-CANDIDATE (RFC 8445 §8.1.1). */
  nominate(pair: Pair): void {
    pair.nominate = true
    this.list.trigger(pair)
    this.wake()
  }

  become(state: IceState): void {
    if (state === this.state || this.state === 'closed') return
    this.state = state
    this.options.onState?.(state)
  }

  async close(): Promise<void> {
    this.become('closed')
    this.#pacer.stop()
    clearTimeout(this.#nomination)
    this.#consent.stop()
    this.#transactions.clear()
    await Promise.all([...this.sockets, ...(this.spare ? [this.spare] : [])].map((socket) => socket.close()))
  }

  /** A check's message: what both checks and consent are made by. */
  draftCheck(pair: Pair, nominate: boolean): Draft {
    const remote = this.remote ?? { ufrag: '', pwd: '' }
    const draft = checkDraft({
      via: pair.socket,
      to: pair.remote,
      username: `${remote.ufrag}:${this.own.ufrag}`,
      password: remote.pwd,
      priority: (pair.localPriority % 2 ** 24) + typePreferences.prflx * 2 ** 24,
      role: this.role,
      tieBreaker: this.tieBreaker,
      nominate,
    })
    return mistakenCheck(draft, this, this.#makes)
  }

  transmit(draft: Drafted): void {
    if (draft !== 'silent') draft.via.send(bytesOf(draft), draft.to)
  }

  /** Lets checks go out, one every Ta. */
  wake(): void {
    const silent = (this.lite && !this.#makes('checks-though-lite')) || this.options.checks === false
    if (!silent && this.remote && this.state !== 'closed') this.#pacer.wake()
  }

  /** Checks the next pair; whether there was one (RFC 8445 §6.1.4.2). */
  #checkNext(): boolean {
    const pair = this.list.next(this.role, this.#makes('checks-lowest-first'))
    if (!pair || this.state === 'closed') return false
    this.#check(pair)
    return true
  }

  #check(pair: Pair) {
    pair.state = 'in-progress'
    const nominate = this.role === 'controlling' && (pair.nominate || this.#makes('nominates-at-once'))
    const plain = this.draftCheck(pair, nominate)
    const draft = this.options.onCheck?.(plain) ?? plain
    const password = this.remote?.pwd ?? ''
    this.#transactions.begin({
      id: Buffer.from(plain.transactionId).toString('hex'),
      pair,
      password,
      role: this.role,
      nominate,
      send: () => this.transmit(draft),
      failed: () => this.#failed(pair),
    })
  }

  #received({ bytes, remote: from }: Datagram, socket: IceSocket) {
    const message = readStun(bytes, this.#makes)
    if (!message) {
      const first = bytes[0] ?? 0
      if (first > 3) this.options.onData?.(bytes, from)
      return
    }
    if (message.class === 'request') return this.#request(message, socket, from)
    if (message.class === 'indication') {
      if (this.#makes('answers-indications')) this.#request({ ...message, class: 'request' }, socket, from)
      return
    }
    this.#response(message, socket, from)
  }

  #request(message: StunMessage, socket: IceSocket, from: Endpoint) {
    if (this.state === 'closed' || this.#makes('answers-nothing')) return
    if (this.#makes('answers-only-with-remote') && !this.remote) return
    if (this.#makes('answers-no-retransmission') && this.#asked.has(message.transactionId)) return
    this.#asked.add(message.transactionId)
    if (this.#makes('answers-no-more-once-connected') && this.selected) return
    const credentials = credentialsMeant(message, this.own, this.#before)
    const judged = judgeRequest(
      message,
      {
        ...credentials,
        role: this.role,
        tieBreaker: this.tieBreaker,
        lite: this.lite,
        stubborn: this.options.stubborn,
        peer: this.remote?.ufrag,
      },
      this.#makes,
    )
    if (judged.kind === 'discard') return
    const right = answerDraft(message, judged, { via: socket, to: from, password: credentials.pwd })
    const draft = mistakenAnswer(right, message, this, this.#makes)
    if (draft !== 'silent') this.transmit(this.options.onAnswer?.(draft, message, this) ?? draft)
    if (judged.kind === 'refuse') {
      if (judged.code > 401 || !this.#makes('triggers-for-unauthenticated')) return
    } else if (judged.switchTo) this.role = judged.switchTo
    if (!this.remote) this.#early.push({ socket, from, message })
    else this.#accepted(socket, from, message)
  }

  /** What a request that was accepted leads to (RFC 8445 §7.3.1.3 to §7.3.1.5). */
  #accepted(socket: IceSocket, from: Endpoint, message: StunMessage) {
    const seen = this.#makes('reads-behind-integrity') ? message : covered(message)
    const nominated =
      attributeOf(seen, stunAttributes.USE_CANDIDATE) !== undefined ||
      (this.#makes('nominates-for-number') && attributeOf(seen, stunAttributes.NOMINATION) !== undefined)
    let pair = this.list.find(socket, from)
    if (!pair) {
      if (this.#makes('ignores-unsignalled-addresses')) return
      const priority = attributeOf(seen, stunAttributes.PRIORITY)
      const localPriority = this.candidates[this.sockets.indexOf(socket)]?.priority ?? 1
      pair = this.list.add({
        socket,
        localPriority,
        remote: from,
        remotePriority: (priority && numberOf(priority)) ?? 1,
      })
    }
    const takes = nominated && this.role === 'controlled' && !this.#makes('ignores-nomination')
    if (this.lite) {
      pair.state = 'succeeded'
      if (takes) this.#select(pair)
      return
    }
    if (pair.state === 'succeeded') {
      if (takes) this.#select(pair)
      return
    }
    if (takes) pair.nominateWhenValid = true
    if (this.#makes('triggers-no-checks')) return
    if (this.#makes('triggers-no-check-for-failed') && pair.state === 'failed') return
    if (this.state === 'failed') this.become('checking')
    this.#transactions.cancel(pair)
    this.list.trigger(pair)
    this.wake()
  }

  #response(message: StunMessage, socket: IceSocket, from: Endpoint) {
    const transaction = this.#transactions.find(message.transactionId, this.#makes('believes-any-transaction'))
    if (!transaction) {
      if (this.#makes('answers-responses')) this.#request({ ...message, class: 'request' }, socket, from)
      return
    }
    const { pair, password } = transaction
    const unsigned = transaction.consent !== undefined && this.#makes('believes-unsigned-consent')
    const judged = judgeResponse(
      message,
      password,
      (mistake) => (unsigned && mistake.startsWith('believes')) || this.#makes(mistake),
    )
    if (judged.kind === 'discard') return
    const symmetric = socket === pair.socket && samePlace(from, pair.remote)
    this.#transactions.end(transaction)
    if (!symmetric && !this.#makes('believes-answer-from-elsewhere')) {
      if (!transaction.consent) this.#failed(pair)
      return
    }
    if (transaction.consent) return transaction.consent(judged.kind === 'success' ? undefined : judged.code)
    if (judged.kind === 'success') {
      if (this.#makes('takes-mapped-address-for-its-own') && judged.mapped && !samePlace(judged.mapped, socket.local))
        return
      return this.#succeeded(pair, transaction.nominate)
    }
    if (judged.code === 487) return this.#roleConflict(pair, transaction.role)
    if (transaction.nominate && this.#makes('uses-refused-nomination')) return this.#succeeded(pair, true)
    this.#failed(pair)
  }

  #roleConflict(pair: Pair, asked: IceRole) {
    if (this.#makes('ignores-487')) return this.#failed(pair)
    if (asked === this.role) {
      this.role = asked === 'controlling' ? 'controlled' : 'controlling'
      if (!this.#makes('keeps-tie-breaker-after-487')) this.tieBreaker = randomBytes(8).readBigUInt64BE()
    }
    this.list.trigger(pair)
    this.wake()
  }

  #succeeded(pair: Pair, nominated: boolean) {
    pair.state = 'succeeded'
    pair.valid ??= ++this.#valid
    if (pair.nominateWhenValid && this.role === 'controlled') this.#select(pair)
    if (this.role !== 'controlling') return
    if (nominated) return this.#select(pair)
    if (this.options.nominates === false || this.#makes('never-nominates') || this.selected) return
    this.#nomination ??= setTimeout(() => {
      this.#nomination = undefined
      const best = this.list.sorted(this.role, this.list.valid)
      if (best[0] && !this.selected) this.nominate(best[0])
      if (best[1] && this.#makes('nominates-twice')) this.nominate(best[1])
    }, this.timings.nominate)
  }

  #select(pair: Pair) {
    pair.nominated = true
    if (this.selected && this.selected !== pair && this.state === 'connected') {
      // Of several nominated pairs the one with the highest priority is used (RFC 8445 §8.1.1).
      if (this.list.sorted(this.role, [this.selected, pair])[0] !== pair) return
    }
    this.selected = pair
    this.become('connected')
    this.#consent.start()
  }

  #failed(pair: Pair) {
    pair.state = 'failed'
    this.#mayHaveFailed()
  }

  /** RFC 8445 §7.2.5.4 with the conditions of RFC 8838 §8. */
  #mayHaveFailed() {
    if (this.state !== 'checking' || this.#makes('never-fails')) return
    if (!this.list.exhausted || !(this.remoteEnded || this.#makes('fails-before-the-end'))) return
    this.become('failed')
  }
}
