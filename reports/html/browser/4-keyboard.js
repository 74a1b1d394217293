// biome-ignore-all lint/correctness/noUnusedVariables: the files of this folder are one script
// Rows with j and k, squares with h and l or the arrows, as in an editor; the help dialog lists the rest.
const isShown = (element) => element.checkVisibility()
const stops = (row) => $$('a[href], summary', row).filter(isShown)
const rowsToWalk = () => $$('[data-row]').filter((row) => isShown(row) && stops(row).length)

const focusOn = (element) => {
  element?.focus({ preventScroll: true })
  element?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}

const walk = (down, across) => {
  const rows = rowsToWalk()
  if (rows.length === 0) return
  const here = document.activeElement?.closest?.('[data-row]')
  const at = rows.indexOf(here)
  if (at < 0) {
    focusOn(stops(rows[down < 0 ? rows.length - 1 : 0])[0])
    return
  }
  const column = document.activeElement.closest('[data-c]')?.dataset.c
  if (down) {
    const next = rows[at + down]
    if (!next) return
    const same = column && stops(next).find((stop) => stop.closest('[data-c]')?.dataset.c === column)
    focusOn(same || stops(next)[0])
    return
  }
  const own = stops(here)
  focusOn(own[own.indexOf(document.activeElement) + across])
}

const follow = (name) => $(`a[data-go="${name}"]`)?.click()

const keys = {
  '/': () => {
    const search = $('#search')
    search?.focus()
    search?.select()
  },
  f: cycleVerdict,
  m: () => $('[data-level-filter="MUST"]')?.click(),
  s: () => $('[data-security-filter]')?.click(),
  j: () => walk(1, 0),
  k: () => walk(-1, 0),
  l: () => walk(0, 1),
  h: () => walk(0, -1),
  t: toggleTheme,
  u: () => follow('up'),
  n: () => follow('next'),
  p: () => follow('previous'),
  x: openAll,
  b: () => $('[data-exact]') && setExact(!root.classList.contains('exact-bytes')),
  '?': () => $('#help')?.showModal(),
  1: () => follow('matrix'),
  2: () => follow('breakers'),
  3: () => follow('run'),
}

const wireKeyboard = () => {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const isTyping = event.target.matches('input, select, textarea')
    if (event.key === 'Escape') {
      if ($('#help')?.open) return
      if (isTyping) event.target.blur()
      else clearFilter()
      return
    }
    if (isTyping) {
      if (event.target.id === 'search' && (event.key === 'Enter' || event.key === 'ArrowDown')) {
        event.preventDefault()
        if ($$('[data-row]').length) {
          event.target.blur()
          walk(1, 0)
        } else location.href = `${event.target.dataset.root}index.html#q=${encodeURIComponent(event.target.value)}`
      }
      return
    }
    if ($('#help')?.open) return
    const isInRow = Boolean(event.target.closest?.('[data-row]'))
    const arrows = { ArrowDown: 'j', ArrowUp: 'k', ArrowRight: 'l', ArrowLeft: 'h' }
    const key = isInRow && arrows[event.key] ? arrows[event.key] : event.key
    const act = keys[key]
    if (!act) return
    event.preventDefault()
    act()
  })
}
