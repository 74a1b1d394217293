// In the page: Converse.js as its documentation shows it, with a plug-in that looks on.
const { converse } = globalThis
const { $iq, Strophe } = converse.env
const failures = ['ERROR', 'CONNFAIL', 'AUTHFAIL', 'DISCONNECTED'].map((name) => Strophe.Status[name])

/** Milliseconds after which a page to which nothing new was added is the page that its user sees. */
const settleMs = 200

const tell = (event, params = {}) => globalThis.assayTell(JSON.stringify({ event, params }))

let internals
let told
/** What was typed and blocked here: that it shows is no news. */
const typed = new Set()
const blocking = new Set()

converse.plugins.add('assay', {
  initialize() {
    internals = this._converse
    const { api } = internals
    for (const event of ['connected', 'reconnected']) {
      api.listen.on(event, () => state('online', { jid: internals.session.get('jid') }))
    }
    api.listen.on('will-reconnect', () => state('disconnected'))
    api.listen.on('disconnected', () => state('offline'))
    // What stands above the form for logging in.
    api.listen.on('connfeedback', (feedback) => {
      const { connection_status, message } = feedback.attributes
      if (message && failures.includes(connection_status)) tell('error', { message })
    })
    for (const event of ['chatBoxInitialized', 'chatRoomInitialized']) api.listen.on(event, follow)
    api.listen.on('rosterInitialized', () => internals.state.roster.on('add change:subscription remove', tellRoster))
    api.listen.on('contactRequest', (contact) => tell('presence', { from: contact.get('jid'), type: 'subscribe' }))
    api.listen.on('blocklistInitialized', (list) => list.on('add', tellBlocked))
  },
})

/** Some of these come several times over. */
function state(event, params) {
  if (told !== event) tell(event, params)
  told = event
}

/** Tells what a chat shows. */
function follow({ messages }) {
  messages.on('add', (message) => {
    const body = message.getMessageText()
    if (body && !typed.delete(body)) show(message)
  })
  const changes = { older_versions: 'corrected', retracted: 'retracted', reactions: 'reacted' }
  for (const [attribute, event] of Object.entries(changes)) {
    messages.on(`change:${attribute}`, ({ attributes: { msgid: id, from } }) => tell(event, { id, from }))
  }
}

/** Messages that are new; a chat shows them by their time, in whatever order they come through. */
const fresh = []
let timer

function show(message) {
  fresh.push(message)
  clearTimeout(timer)
  timer = setTimeout(tellMessages, settleMs)
}

function tellMessages() {
  clearTimeout(timer)
  for (const message of fresh.splice(0).sort((one, other) => (one.get('time') < other.get('time') ? -1 : 1))) {
    const { from, to, type, msgid: id, is_carbon, sender } = message.attributes
    tell('message', { from, to, type, id, body: message.getMessageText(), carbon: is_carbon ? sender : undefined })
  }
}

const tellRoster = () => tell('roster', { items: internals.state.roster.pluck('jid') })

function tellBlocked(item) {
  const jid = item.get('jid')
  if (!blocking.has(jid)) tell('blocked', { items: [jid] })
}

/** Resolves with what came of a request. It rejects with a stanza of type error, or with null where nothing came in time. */
async function outcome(asked) {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error) return { failed: error.message }
    const condition = error?.querySelector('error > :not(text)')?.localName
    return { failed: condition ?? 'no answer', condition }
  }
}

/** Resolves when the room says that the user is in it, or why not. */
function entered(room) {
  const { promise, resolve } = Promise.withResolvers()
  const { ENTERED, CONNECTING, CONNECTED } = converse.ROOMSTATUS
  const look = () => {
    const status = room.session.get('connection_status')
    if (status === ENTERED) resolve({ nick: room.get('nick') })
    else if (![CONNECTING, CONNECTED, undefined].includes(status)) {
      resolve({ failed: room.session.get('disconnection_message') ?? `status ${status}` })
    }
  }
  room.session.on('change:connection_status', look)
  look()
  return promise
}

globalThis.assay = {
  login({ jid, password, transport, service }) {
    if (internals) return void internals.api.user.login(jid, password)
    converse.initialize({
      ...(password === undefined ? { authentication: 'anonymous' } : { authentication: 'login', password }),
      auto_login: true,
      jid,
      [transport === 'bosh' ? 'bosh_service_url' : 'websocket_url']: service,
      discover_connection_methods: false,
      view_mode: 'fullscreen',
      assets_path: '/dist/',
      allow_non_roster_messaging: true,
      i18n: 'en',
      whitelisted_plugins: ['assay'],
    })
  },

  logout: () => void internals.api.user.logout(),

  /** Resolves when the page has nothing left to do, or half a second later. */
  async idle() {
    await new Promise((resolve) => requestIdleCallback(() => resolve(), { timeout: 500 }))
    tellMessages()
  },

  async message({ to, body }) {
    typed.add(body)
    const chat = await internals.api.chats.open(to)
    await chat.sendMessage({ body })
  },

  query: ({ to, name, xmlns }) => {
    const request = $iq({ type: 'get', ...(to ? { to } : {}) }).c(name, { xmlns })
    return outcome(internals.api.sendIQ(request).then((answer) => ({ answer: answer.outerHTML })))
  },

  async roster() {
    const contacts = await internals.api.contacts.get()
    return { items: contacts.map((contact) => contact.get('jid')) }
  },

  async archive({ with: peer }) {
    const { messages, error } = await internals.api.archive.query(peer ? { mam: { with: peer } } : {})
    if (error) return { failed: error.message }
    return { bodies: messages.map((stanza) => stanza.querySelector('forwarded > message > body')?.textContent) }
  },

  blocklist: () => outcome(internals.api.blocklist.get().then((list) => ({ items: list.pluck('jid') }))),

  block({ jid }) {
    blocking.add(jid)
    return outcome(internals.api.blocklist.add(jid).then(() => null))
  },

  async join({ room, nick }) {
    return entered(await internals.api.rooms.open(room, { nick }, true))
  },
}
