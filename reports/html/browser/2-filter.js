// biome-ignore-all lint/correctness/noUnusedVariables: the files of this folder are one script
// The filter lives in the address, so that what one sees can be shared: #v=fail,warn&l=MUST&s=1&c=prosody@13.0.7&q=words
const filter = { v: new Set(), l: new Set(), s: false, c: '', q: '' }

const readFilter = () => {
  const hash = location.hash.slice(1)
  const values = new URLSearchParams(hash.includes('=') ? hash : '')
  const list = (name) => new Set((values.get(name) ?? '').split(',').filter(Boolean))
  Object.assign(filter, {
    v: list('v'),
    l: list('l'),
    s: values.get('s') === '1',
    c: values.get('c') ?? '',
    q: values.get('q') ?? '',
  })
}

const filterHash = () => {
  const parts = []
  if (filter.v.size) parts.push(`v=${[...filter.v].join(',')}`)
  if (filter.l.size) parts.push(`l=${[...filter.l].join(',')}`)
  if (filter.s) parts.push('s=1')
  if (filter.c) parts.push(`c=${encodeURIComponent(filter.c)}`)
  if (filter.q) parts.push(`q=${encodeURIComponent(filter.q)}`)
  return parts.length ? `#${parts.join('&')}` : ''
}

const writeFilter = () => {
  const hash = filterHash()
  if (hash || location.hash.includes('=')) history.replaceState(null, '', hash || location.pathname + location.search)
}

const searchText = new WeakMap()
const textOf = (row) => {
  if (!searchText.has(row)) searchText.set(row, (row.dataset.text ?? row.textContent).toLowerCase())
  return searchText.get(row)
}

const applyFilter = () => {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean)
  let shown = 0
  let all = 0
  for (const row of $$('[data-row]')) {
    const column = filter.c ? $$(`[data-c="${CSS.escape(filter.c)}"]`, row) : []
    const verdicts = (filter.c && column.length ? column.map((square) => square.dataset.v).join(' ') : row.dataset.row)
      .split(' ')
      .filter(Boolean)
    const matches =
      (filter.v.size === 0 || verdicts.some((verdict) => filter.v.has(verdict))) &&
      (filter.l.size === 0 || !row.dataset.level || filter.l.has(row.dataset.level)) &&
      (!filter.s || row.dataset.security === '1' || row.dataset.security === undefined) &&
      words.every((word) => textOf(row).includes(word))
    row.hidden = !matches
    all++
    if (matches) shown++
  }
  for (const group of $$('[data-group]')) group.hidden = !$('[data-row]:not([hidden])', group)
  for (const square of $$('[data-c]')) {
    const verdicts = (square.dataset.v ?? '').split(' ')
    const isHead = square.dataset.v === undefined
    square.classList.toggle(
      'dim',
      (filter.c !== '' && square.dataset.c !== filter.c) ||
        (!isHead && filter.v.size > 0 && !verdicts.some((verdict) => filter.v.has(verdict))),
    )
  }
  const isActive = filterHash() !== ''
  root.classList.toggle('filtered', isActive)
  for (const button of $$('[data-filter]')) button.setAttribute('aria-pressed', filter.v.has(button.dataset.filter))
  for (const button of $$('[data-level-filter]')) {
    button.setAttribute('aria-pressed', filter.l.has(button.dataset.levelFilter))
  }
  for (const button of $$('[data-security-filter]')) button.setAttribute('aria-pressed', filter.s)
  for (const select of $$('[data-column-filter]')) select.value = filter.c
  for (const clear of $$('[data-clear]')) clear.hidden = !isActive
  const search = $('#search')
  if (search && search.value !== filter.q) search.value = filter.q
  for (const section of isActive ? $$('details.verdict-section:not([hidden])') : []) section.open = true
  const index = $('#all-cases')
  if (index && filter.q) index.open = true
  const status = $('#status')
  if (status) status.textContent = isActive ? `${shown} of ${all} rows` : ''
  const empty = $('#nothing')
  if (empty) empty.hidden = shown > 0 || all === 0
}

const changeFilter = (change) => {
  change()
  writeFilter()
  applyFilter()
}

const toggleIn = (set, value) => (set.has(value) ? set.delete(value) : set.add(value))

const cycleVerdict = () => {
  const order = ['', ...$$('[data-filter]').map((button) => button.dataset.filter)]
  const now = filter.v.size === 1 ? [...filter.v][0] : ''
  const next = order[(order.indexOf(now) + 1) % order.length]
  changeFilter(() => {
    filter.v = new Set(next ? [next] : [])
  })
}

const clearFilter = () =>
  changeFilter(() => Object.assign(filter, { v: new Set(), l: new Set(), s: false, c: '', q: '' }))

const wireFilter = () => {
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-filter],[data-level-filter],[data-security-filter],[data-clear]')
    if (!button) return
    if (button.dataset.filter) changeFilter(() => toggleIn(filter.v, button.dataset.filter))
    else if (button.dataset.levelFilter) changeFilter(() => toggleIn(filter.l, button.dataset.levelFilter))
    else if (button.hasAttribute('data-security-filter')) {
      changeFilter(() => {
        filter.s = !filter.s
      })
    } else clearFilter()
  })
  for (const select of $$('[data-column-filter]')) {
    select.addEventListener('change', () =>
      changeFilter(() => {
        filter.c = select.value
      }),
    )
  }
  // Squares lead to a page of the same kind of rows: they take the verdicts asked for along.
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href*="#c="]')
    if (link && filter.v.size && !link.hash.includes('v=')) link.hash = `${link.hash}&v=${[...filter.v].join(',')}`
  })
  $('#search')?.addEventListener('input', (event) =>
    changeFilter(() => {
      filter.q = event.target.value
    }),
  )
  addEventListener('hashchange', () => {
    // A link to a place in the page keeps the filter.
    if (location.hash && !location.hash.includes('=')) return
    readFilter()
    applyFilter()
  })
}
