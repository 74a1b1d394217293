// biome-ignore-all lint/correctness/noUnusedVariables: the files of this folder are one script
// Draws transcripts when they are opened. Everything that came over a wire is set as text, never as markup.
const stamp = (microseconds) => {
  const text = String(Math.abs(microseconds)).padStart(7, '0')
  return `${microseconds < 0 ? '−' : ''}${text.slice(0, -6)}.${text.slice(-6, -3)} ${text.slice(-3)}`
}

const bytesOf = (count) =>
  count < 1000 ? `${count} B` : count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`

const drawXml = (text) => {
  const pre = make('pre', 'xml')
  for (const { depth, tokens } of formatXml(text)) {
    const line = make('span', 'line')
    line.style.setProperty('--depth', Math.min(depth, 24))
    for (const token of tokens) line.append(make('span', `x-${token.kind}`, visible(token.text)))
    pre.append(line)
  }
  return pre
}

const drawExact = (text) => make('pre', 'exact', visible(text).replaceAll('\n', '␊\n').replaceAll('\t', '␉'))

const drawEntry = (entry, start, lane, rawHref) => {
  const way = entry.direction === 'sent' || entry.direction === 'received' ? entry.direction : 'event'
  const item = make('li', `entry lane-${lane % 6} ${way}`)
  const time = make('time', '', stamp(entry.at - start))
  time.title = 'seconds since the first entry, to the microsecond'
  item.append(time)
  const body = make('div', 'bubble')
  const head = make('div', 'entry-head')
  const sign = make('span', 'arrow', { sent: '→', received: '←', event: '•' }[way])
  sign.title = way === 'event' ? 'event' : `the tester ${way}`
  head.append(sign, make('span', 'lane', visible(entry.connection.slice(0, 80))), make('span', 'spoken', way))
  if (entry.event !== undefined) head.append(make('b', 'event-name', visible(`${entry.event}`)))
  if (entry.redacted) head.append(make('span', 'redacted', 'a secret was taken out'))
  body.append(head)
  if (entry.detail !== undefined) body.append(make('pre', 'detail', visible(`${entry.detail}`)))
  if (typeof entry.text === 'string') {
    head.append(make('span', 'size', bytesOf(entry.total ?? new TextEncoder().encode(entry.text).length)))
    body.append(drawXml(entry.text), drawExact(entry.text))
  }
  if (typeof entry.base64 === 'string') {
    let binary = ''
    try {
      binary = atob(entry.base64)
    } catch {
      body.append(make('p', 'cut', 'these bytes cannot be read: the transcript has broken base64 here'))
    }
    head.append(make('span', 'size', `${bytesOf(entry.total ?? binary.length)} not UTF-8`))
    body.append(make('pre', 'hex', hexDump(binary)))
  }
  if (entry.total !== undefined) {
    const cut = make('p', 'cut', `only the beginning of ${bytesOf(entry.total)} is shown; `)
    const link = make('a', '', 'the file has it all')
    link.href = rawHref
    cut.append(link)
    body.append(cut)
  }
  item.append(body)
  return item
}

// Lines that are not entries (a torn last one, or what is foreign) are counted and left out.
const readEntries = (text) => {
  const entries = []
  let torn = 0
  for (const line of text.split('\n').filter(Boolean)) {
    try {
      const entry = JSON.parse(line)
      if (!Number.isFinite(entry.at) || typeof entry.connection !== 'string') throw new TypeError('not an entry')
      entries.push(entry)
    } catch {
      torn++
    }
  }
  return { entries, torn }
}

const drawTranscript = (details) => {
  const data = $('script[type="application/x-ndjson"]', details)
  const place = $('.conversation', details)
  if (!data || !place || place.childElementCount) return
  const { entries, torn } = readEntries(data.textContent)
  const start = entries[0]?.at ?? 0
  const left = Number(place.dataset.left)
  const rawHref = place.dataset.href
  const lanes = new Map()
  for (const entry of entries) if (!lanes.has(entry.connection)) lanes.set(entry.connection, lanes.size)
  const key = make('p', 'lanes')
  const begun = new Date(start / 1000)
  const when = Number.isNaN(begun.getTime()) ? '' : `from ${begun.toISOString().replace('T', ' ').replace('Z', ' UTC')}`
  key.append(make('span', '', when))
  for (const [name, lane] of lanes) key.append(make('span', `lane lane-${lane % 6}`, visible(name.slice(0, 80))))
  const list = make('ol', 'entries')
  const ends = 'keepLogin' in details.dataset ? new Map() : loginEnds(entries)
  const items = []
  const logins = new Set()
  let before = start
  entries.forEach((entry, index) => {
    const isLogin = index <= (ends.get(entry.connection) ?? -1)
    const pause = entry.at - before
    before = entry.at
    if (pause > 400_000) {
      if (isLogin) logins.add(items.length)
      items.push(make('li', 'pause', `${(pause / 1e6).toFixed(2)} s of silence`))
    }
    if (isLogin) logins.add(items.length)
    items.push(drawEntry(entry, start, lanes.get(entry.connection), rawHref))
  })
  foldLogins(list, items, (index) => logins.has(index))
  const notes = []
  if (left) notes.push(`${left} more entries are in the file`)
  if (torn) notes.push(`${torn} ${torn === 1 ? 'line' : 'lines'} of the file could not be read (torn or foreign)`)
  if (entries.length === 0) notes.push('the transcript is empty')
  place.append(key, list)
  if (notes.length) place.append(make('p', 'cut', `${notes.join('; ')}.`))
}

// Expected and actual: words stay words, XML is laid out, and of two pieces of XML the lines that differ are marked.
const layOutDifference = (pair) => {
  for (const pre of $$('pre[data-xml]', pair)) {
    // XML from the start, or after words that announce it; elements named in a sentence stay in it.
    const [, words, xml] = /^((?:[^<]*[:;,]\s+|\s*))(<[a-z/?!][\s\S]*)$/i.exec(pre.textContent) ?? []
    if (xml && (words.trim() === '' || xml.length > 40)) {
      pre.replaceWith(...(words.trim() ? [make('p', '', words.trim())] : []), drawXml(xml))
    }
  }
  const [expected, actual] = $$('section', pair).map((side) => ($('p', side) ? [] : $$('.line', side)))
  if (!expected?.length || !actual?.length) return
  const textsOf = (lines) => new Set(lines.map((line) => line.textContent))
  for (const [mine, other] of [
    [expected, textsOf(actual)],
    [actual, textsOf(expected)],
  ]) {
    for (const line of mine) line.classList.toggle('differs', !other.has(line.textContent))
  }
}

// Logging in is the same in most cases: a connection's entries up to the answer to its binding, unless they are the
// subject of the page.
const loginEnds = (entries) => {
  const ends = new Map()
  entries.forEach((entry, index) => {
    const text = `${entry.text ?? ''}`
    if (text.includes('xmpp-bind') && /type=['"]result/.test(text)) ends.set(entry.connection, index)
  })
  return ends
}

const foldLogins = (list, items, isLogin) => {
  for (let index = 0; index < items.length; index++) {
    let end = index
    while (end < items.length && isLogin(end)) end++
    const run = items.slice(index, end)
    if (run.length < 4) {
      list.append(items[index])
      continue
    }
    const names = [...new Set(run.map((item) => $('.entry-head .lane', item)?.textContent).filter(Boolean))]
    const fold = make('details', 'login')
    const inner = make('ol', '')
    inner.append(...run)
    fold.append(
      make('summary', '', `${run.length} entries: ${names.join(', ')} ${names.length > 1 ? 'log' : 'logs'} in`),
      inner,
    )
    const item = make('li', 'fold')
    item.append(fold)
    list.append(item)
    index = end - 1
  }
}

const drawVisible = () => {
  for (const details of $$('details.transcript[open]'))
    if (!details.closest('details:not([open])')) drawTranscript(details)
}

const setExact = (isExact) => {
  root.classList.toggle('exact-bytes', isExact)
  for (const button of $$('[data-exact]')) button.setAttribute('aria-pressed', isExact)
}

const openAnchor = () => {
  const hash = location.hash.slice(1)
  if (!hash || hash.includes('=')) return
  let target = null
  try {
    target = document.getElementById(decodeURIComponent(hash))
  } catch {
    return
  }
  if (!target) return
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true
  const transcript = $('details.transcript', target)
  if (transcript) transcript.open = true
  target.scrollIntoView()
}

const wireTranscripts = () => {
  document.addEventListener('toggle', drawVisible, true)
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-exact]')
    if (button) setExact(!root.classList.contains('exact-bytes'))
    const all = event.target.closest('[data-open-all]')
    if (all) openAll()
  })
  for (const pair of $$('.difference')) layOutDifference(pair)
  addEventListener('hashchange', openAnchor)
  openAnchor()
  drawVisible()
}

const openAll = () => {
  const results = $$('details.result')
  const isOpen = results.some((details) => !details.open)
  for (const details of results) details.open = isOpen
}
