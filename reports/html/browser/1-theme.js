// biome-ignore-all lint/correctness/noUnusedVariables: the files of this folder are one script
// Before the body is there, so that a remembered scheme never flashes.
const root = document.documentElement
const remembered = (() => {
  try {
    return localStorage.getItem('assay-theme')
  } catch {
    return null
  }
})()
if (remembered === 'light' || remembered === 'dark') root.dataset.theme = remembered
root.classList.add('js')

const isDark = () =>
  root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches

const toggleTheme = () => {
  root.dataset.theme = isDark() ? 'light' : 'dark'
  try {
    localStorage.setItem('assay-theme', root.dataset.theme)
  } catch {
    // A page that may not remember still switches.
  }
}

const $ = (selector, from = document) => from.querySelector(selector)
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)]

const make = (name, className, text) => {
  const element = document.createElement(name)
  if (className) element.className = className
  if (text !== undefined) element.textContent = text
  return element
}
