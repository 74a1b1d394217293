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

const drawEntry = (entry, lane, rawHref) => {
  const item = make('li', `entry lane-${lane % 6} ${entry.d === 's' ? 'sent' : entry.d === 'r' ? 'received' : 'event'}`)
  const time = make('time', '', stamp(entry.t))
  time.title = 'seconds since the first entry, to the microsecond'
  item.append(time)
  const body = make('div', 'bubble')
  const head = make('div', 'entry-head')
  const arrow = entry.d === 's' ? '→' : entry.d === 'r' ? '←' : '•'
  const spoken = entry.d === 's' ? 'sent' : entry.d === 'r' ? 'received' : 'event'
  const sign = make('span', 'arrow', arrow)
  sign.title = entry.d === 's' ? 'the tester sent' : entry.d === 'r' ? 'the tester received' : 'event'
  head.append(sign, make('span', 'lane', visible(entry.c)), make('span', 'spoken', spoken))
  if (entry.e !== undefined) head.append(make('b', 'event-name', visible(entry.e)))
  if (entry.z) head.append(make('span', 'redacted', 'a secret was taken out'))
  body.append(head)
  if (entry.m !== undefined) body.append(make('pre', 'detail', visible(entry.m)))
  if (entry.x !== undefined) {
    head.append(make('span', 'size', bytesOf(entry.n ?? new TextEncoder().encode(entry.x).length)))
    body.append(drawXml(entry.x), drawExact(entry.x))
  }
  if (entry.b !== undefined) {
    let binary = ''
    try {
      binary = atob(entry.b)
    } catch {
      body.append(make('p', 'cut', 'these bytes cannot be read: the transcript has broken base64 here'))
    }
    head.append(make('span', 'size', `${bytesOf(entry.n ?? binary.length)} not UTF-8`))
    body.append(make('pre', 'hex', hexDump(binary)))
  }
  if (entry.n !== undefined) {
    const cut = make('p', 'cut', `only the beginning of ${bytesOf(entry.n)} is shown; `)
    const link = make('a', '', 'the file has it all')
    link.href = rawHref
    cut.append(link)
    body.append(cut)
  }
  item.append(body)
  return item
}

const drawTranscript = (details) => {
  const data = $('script[type="application/json"]', details)
  const place = $('.conversation', details)
  if (!data || !place || place.childElementCount) return
  const { start, entries, torn, left } = JSON.parse(data.textContent)
  const rawHref = place.dataset.href
  const lanes = new Map()
  for (const entry of entries) if (!lanes.has(entry.c)) lanes.set(entry.c, lanes.size)
  const key = make('p', 'lanes')
  key.append(make('span', '', `from ${new Date(start / 1000).toISOString().replace('T', ' ').replace('Z', ` UTC`)}`))
  for (const [name, lane] of lanes) key.append(make('span', `lane lane-${lane % 6}`, visible(name)))
  const list = make('ol', 'entries')
  const ends = 'keepLogin' in details.dataset ? new Map() : loginEnds(entries)
  const items = []
  const logins = new Set()
  let before = 0
  entries.forEach((entry, index) => {
    const isLogin = index <= (ends.get(entry.c) ?? -1)
    const pause = entry.t - before
    before = entry.t
    if (pause > 400_000) {
      if (isLogin) logins.add(items.length)
      items.push(make('li', 'pause', `${(pause / 1e6).toFixed(2)} s of silence`))
    }
    if (isLogin) logins.add(items.length)
    items.push(drawEntry(entry, lanes.get(entry.c), rawHref))
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
    if (/xmpp-bind/.test(entry.x ?? '') && /type=['"]result/.test(entry.x)) ends.set(entry.c, index)
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
