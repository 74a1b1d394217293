// biome-ignore-all lint/correctness/noUnusedVariables: the files of this folder are one script
const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = make('textarea', 'spoken')
    area.value = text
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}

const wireCopy = () =>
  document.addEventListener('click', async (event) => {
    const button = event.target.closest('[data-copy]')
    if (!button) return
    const text = button.parentElement.querySelector('code')?.textContent ?? ''
    button.textContent = (await copyText(text)) ? 'copied' : 'select it by hand'
    setTimeout(() => {
      button.textContent = 'copy'
    }, 1500)
  })

// A matrix that fits lets its headings stick to the page; one that does not scrolls in a box of its own.
const fitMatrices = () => {
  const boxes = $$('.scroll')
  for (const box of boxes) box.classList.remove('fits')
  const fits = boxes.map((box) => box.scrollWidth <= box.clientWidth)
  boxes.forEach((box, index) => {
    box.classList.toggle('fits', fits[index])
  })
}

document.addEventListener('DOMContentLoaded', () => {
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-theme-toggle]')) toggleTheme()
    if (event.target.closest('[data-help]')) $('#help')?.showModal()
  })
  readFilter()
  wireFilter()
  applyFilter()
  wireKeyboard()
  wireCopy()
  wireTranscripts()
  fitMatrices()
  addEventListener('resize', fitMatrices)
})
