import assert from 'node:assert/strict'
import { readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test as nodeTest } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { writeHtmlReport } from '../../reports/html/index.ts'
import { startChromium, withoutChromium } from './chromium.ts'
import { makeSampleRun } from './sample-run.ts'

const hostilePage = 'case/rfc6120_1.1_server-case-0.html'
const brokenPage = 'case/xep-0280_1.2_server-case-1.html'

describe('the report in Chromium', () => {
  const test = (name: string, body: () => Promise<void>) => nodeTest(name, { skip: withoutChromium }, body)
  let run = ''
  let browser: Browser
  let base = ''

  before(async () => {
    if (withoutChromium) return
    run = await makeSampleRun()
    await writeHtmlReport(run)
    base = pathToFileURL(join(run, 'report/')).href
    browser = await startChromium()
  })

  after(async () => {
    await browser?.close()
    if (run) await rm(run, { recursive: true, force: true })
  })

  /** Opens a page and collects what it asks for and complains of. */
  async function open(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    const page = await context.newPage()
    const requests: string[] = []
    const complaints: string[] = []
    context.on('request', (request) => requests.push(request.url()))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('dialog', (dialog) => {
      complaints.push(`dialog ${dialog.message()}`)
      dialog.dismiss()
    })
    await page.goto(base + path)
    return { page, requests, complaints, [Symbol.asyncDispose]: () => context.close() }
  }

  const rowsShown = (page: Page, selector = '.matrix [data-row]') =>
    page.locator(selector).evaluateAll((rows) => rows.filter((row) => row.checkVisibility()).length)
  const owned = (page: Page) => page.evaluate('document.documentElement.dataset.owned ?? null')

  test('asks for its own files alone, and breaks none of its own rules', async () => {
    const cases = await readdir(join(run, 'report/case'))
    const odd = cases.find((file) => file.startsWith('hostile')) ?? ''
    const paths = ['index.html', 'breakers.html', 'run.html', 'spec/xep-0280.html', `case/${encodeURIComponent(odd)}`]
    for (const path of [...paths, hostilePage, 'impl/prosody%400.11.9.html']) {
      await using opened = await open(path)
      await opened.page.keyboard.press('x')
      if (path === hostilePage) await opened.page.waitForLoadState('networkidle')
      assert.deepEqual(opened.complaints, [], path)
      assert.deepEqual(
        opened.requests.filter((url) => !url.startsWith(base)),
        [],
        path,
      )
      assert.equal(await owned(opened.page), null, path)
    }
  })

  test('works from a web server too', async () => {
    const types: Record<string, string> = { html: 'text/html', css: 'text/css', js: 'text/javascript' }
    const server = createServer(async (request, response) => {
      const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/')
      const body = await readFile(join(run, path)).catch(() => undefined)
      response
        .writeHead(body ? 200 : 404, { 'content-type': types[path.split('.').at(-1) ?? ''] ?? 'text/plain' })
        .end(body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const { port } = server.address() as AddressInfo
      await using opened = await open('index.html')
      await opened.page.goto(`http://127.0.0.1:${port}/report/spec/xep-0280.html`)
      await opened.page.locator('.matrix tbody .square.fail').first().click()
      await opened.page.waitForURL(/\/case\/xep-0280/)
      assert.deepEqual(opened.complaints, [])
      const transcript = opened.page.locator('.evidence a').first()
      const answer = await opened.page.request.get(
        new URL((await transcript.getAttribute('href')) ?? '', opened.page.url()).href,
      )
      assert.equal(answer.status(), 200)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('draws hostile stanzas as text, and runs nothing of them', async () => {
    await using opened = await open(hostilePage)
    const { page } = opened
    const conversation = page.locator('.conversation').first()
    await conversation.locator('.entry').first().waitFor()
    const text = (await conversation.textContent()) ?? ''
    assert.ok(text.includes('<script>'))
    assert.ok(text.includes('‹U+202E›gnp.elifa'))
    assert.ok(text.includes('the file has it all'))
    assert.ok(text.includes('ff fe 3c 61 80 c0'))
    assert.ok(text.includes('broken base64'))
    assert.ok(text.includes('could not be read (torn or foreign)'))
    assert.equal(await conversation.locator('script, img, svg, iframe').count(), 0)
    assert.equal(await owned(page), null)
    assert.deepEqual(opened.complaints, [])
  })

  test('shows XML laid out, or byte by byte', async () => {
    await using opened = await open(brokenPage)
    const { page } = opened
    await page.locator('.login > summary').first().click()
    const entry = page.locator('.entry.sent').first()
    assert.equal(await entry.locator('pre.xml').isVisible(), true)
    await page.keyboard.press('b')
    assert.equal(await entry.locator('pre.xml').isVisible(), false)
    assert.match((await entry.locator('pre.exact').textContent()) ?? '', /^<\?xml version='1\.0'\?><stream:stream to='/)
    assert.equal(await page.locator('[data-exact]').getAttribute('aria-pressed'), 'true')
    assert.match((await page.locator('.entry time').nth(1).textContent()) ?? '', /^0\.00\d \d{3}$/)
  })

  test('folds logging in away, but not where it is the subject', async () => {
    await using opened = await open(brokenPage)
    const { page } = opened
    assert.match(
      (await page.locator('.login > summary').first().textContent()) ?? '',
      /^12 entries: romeo\/phone logs in$/,
    )
    assert.equal(await page.locator('.entry', { hasText: 'Art thou not Romeo' }).first().isVisible(), true)
    await page.goto(base + hostilePage)
    await page.locator('.entry').first().waitFor()
    assert.equal(await page.locator('.login').count(), 0)
  })

  test('marks the lines in which expected and actual differ', async () => {
    await using opened = await open(brokenPage)
    const marked = await opened.page.locator('.difference').first().locator('.came .differs').allTextContents()
    assert.deepEqual(marked, ["<iq type='result' id='q1' from='capulet.example'>", "<query xmlns='jabber:iq:roster'/>"])
  })

  test('a passing result opens on its anchor, transcript and all', async () => {
    await using opened = await open(`${brokenPage}#jackal@0.64.0`)
    const result = opened.page.locator('details.result.pass', { hasText: 'jackal' })
    assert.equal(await result.getAttribute('open'), '')
    await result.locator('.entry:visible').first().waitFor()
  })

  test('filters by verdict, and the address says so', async () => {
    await using opened = await open('spec/xep-0280.html')
    const { page } = opened
    const all = await rowsShown(page)
    await page.getByRole('button', { name: 'fail' }).click()
    const failing = await rowsShown(page)
    assert.ok(failing > 0 && failing < all)
    assert.match(page.url(), /#v=fail$/)
    assert.match((await page.locator('#status').textContent()) ?? '', /^\d+ of \d+ rows$/)
    await page.reload()
    assert.equal(await rowsShown(page), failing)
    await page.keyboard.press('Escape')
    assert.equal(await rowsShown(page), all)
    assert.doesNotMatch(page.url(), /#/)
  })

  test('a shared link brings words, level and column along', async () => {
    await using opened = await open('spec/xep-0280.html#v=fail&l=SHOULD&c=prosody%400.11.9&q=push')
    const { page } = opened
    assert.equal(await rowsShown(page), 1)
    assert.equal(await page.locator('#search').inputValue(), 'push')
    assert.equal(await page.locator('[data-column-filter]').inputValue(), 'prosody@0.11.9')
    assert.ok((await page.locator('td.dim').count()) > 0)
  })

  test('a filter that nothing fits says so, and can be cleared', async () => {
    await using opened = await open('spec/xep-0280.html#q=nothing-has-this-name')
    await opened.page.locator('#nothing').waitFor()
    await opened.page.locator('#nothing [data-clear]').click()
    assert.ok((await rowsShown(opened.page)) > 0)
  })

  test('a search on the front page finds cases by their words', async () => {
    await using opened = await open('index.html')
    const { page } = opened
    await page.keyboard.press('/')
    assert.equal(await page.evaluate('document.activeElement.id'), 'search')
    await page.keyboard.type('closing tag carbons xep-0280')
    await page.keyboard.press('Escape')
    assert.ok((await rowsShown(page)) <= 1)
    await page.keyboard.press('Escape')
    await page.keyboard.press('/')
    await page.keyboard.type('xep-0280 closing tag')
    const found = await rowsShown(page, '.case-list [data-row]')
    assert.ok(found >= 1 && found <= 5, `${found} found`)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/case\/xep-0280/)
  })

  test('is walked by keyboard: rows, squares, pages, help', async () => {
    await using opened = await open('index.html')
    const { page } = opened
    const focused = () => page.evaluate('document.activeElement.textContent.trim()') as Promise<string>
    await page.keyboard.press('j')
    assert.match(await focused(), /^RFC 6120/)
    await page.keyboard.press('j')
    assert.match(await focused(), /^RFC 7590/)
    await page.keyboard.press('k')
    await page.keyboard.press('l')
    await page.keyboard.press('ArrowDown')
    assert.equal(await page.evaluate('document.activeElement.closest("td")?.dataset.c'), 'ejabberd@23.01')
    await page.keyboard.press('f')
    assert.match(page.url(), /#v=fail$/)
    await page.keyboard.press('f')
    assert.match(page.url(), /#v=warn$/)
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    assert.equal(await page.locator('#help').isVisible(), true)
    await page.keyboard.press('Escape')
    assert.equal(await page.locator('#help').isVisible(), false)
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/spec\//)
    await page.keyboard.press('2')
    await page.waitForURL(/breakers\.html$/)
    await page.keyboard.press('u')
    await page.waitForURL(/index\.html$/)
  })

  test('cases are leafed through with n and p', async () => {
    await using opened = await open(brokenPage)
    await opened.page.keyboard.press('n')
    await opened.page.waitForURL(/xep-0280_1\.3/)
    await opened.page.keyboard.press('p')
    await opened.page.waitForURL(/xep-0280_1\.2/)
  })

  test('keeps the filter from the matrix to the page of a specification', async () => {
    await using opened = await open('index.html#v=fail')
    await opened.page.locator('tr:has-text("XEP-0280") td[data-c="prosody@0.11.9"] a').click()
    await opened.page.waitForURL(/spec\/xep-0280\.html#c=prosody%400\.11\.9&v=fail$/)
    assert.equal(await rowsShown(opened.page), 2)
  })

  test('follows the scheme of the system, and remembers another', async () => {
    const background = (page: Page) => page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    await using light = await open('index.html', { colorScheme: 'light' })
    await using dark = await open('index.html', { colorScheme: 'dark' })
    const [day, night] = [await background(light.page), await background(dark.page)]
    assert.notEqual(day, night)
    await light.page.keyboard.press('t')
    assert.equal(await background(light.page), night)
    await light.page.goto(`${base}run.html`)
    assert.equal(await background(light.page), night)
    await light.page.getByRole('button', { name: 'Light or dark' }).click()
    assert.equal(await background(light.page), day)
  })

  for (const width of [360, 768, 1440]) {
    test(`no page scrolls sideways at ${width} pixels`, async () => {
      await using opened = await open('index.html', { viewport: { width, height: 800 } })
      const cases = await readdir(join(run, 'report/case'))
      const odd = `case/${encodeURIComponent(cases.find((file) => file.startsWith('hostile')) ?? '')}`
      const rest = ['breakers.html', 'run.html', 'spec/rfc6120.html', 'impl/prosody%400.11.9.html', hostilePage, odd]
      for (const path of ['index.html', ...rest]) {
        await opened.page.goto(base + path)
        await opened.page.keyboard.press('x')
        const excess = await opened.page.evaluate('document.documentElement.scrollWidth - innerWidth')
        assert.ok(Number(excess) <= 0, `${path} is ${excess} pixels too wide`)
      }
    })
  }

  test('text has the contrast of WCAG AA in both schemes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const path of [
        'index.html',
        'spec/xep-0280.html',
        brokenPage,
        'breakers.html',
        'impl/prosody%400.11.9.html',
      ]) {
        await using opened = await open(path, { colorScheme, reducedMotion: 'reduce' })
        await opened.page.keyboard.press('x')
        assert.deepEqual(await opened.page.evaluate(lowContrast), [], `${path} ${colorScheme}`)
      }
    }
  })

  test('headings, names and roles are there for those who listen', async () => {
    await using opened = await open('index.html')
    const { page } = opened
    assert.equal(await page.locator('h1').count(), 1)
    assert.equal(await page.locator('.matrix th:not([scope])').count(), 0)
    const square = page.locator('td[data-c="prosody@0.11.9"] a.square').nth(2)
    assert.match((await square.getAttribute('aria-label')) ?? '', /^Prosody 0\.11\.9, .+: \d+ fail.* of \d+$/)
    const nameless = await page.$$eval(
      'button, a[href], input, select',
      (elements) =>
        elements.filter((element) => !element.textContent?.trim() && !element.ariaLabel && !element.closest('label'))
          .length,
    )
    assert.equal(nameless, 0)
  })

  test('prints: no bar, no buttons, light paper', async () => {
    await using opened = await open('index.html', { colorScheme: 'dark' })
    await opened.page.keyboard.press('t')
    await opened.page.keyboard.press('t')
    await opened.page.emulateMedia({ media: 'print' })
    assert.equal(await opened.page.locator('.filters').isVisible(), false)
    assert.equal(
      await opened.page.evaluate('getComputedStyle(document.documentElement).backgroundColor'),
      'rgb(255, 255, 255)',
    )
    const ink = await opened.page.evaluate('getComputedStyle(document.querySelector(".facts b")).color')
    assert.equal(ink, 'rgb(28, 30, 33)')
  })

  test('the replay command is copied', async () => {
    await using opened = await open(brokenPage, { permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = opened
    await page.locator('[data-copy]').first().click()
    await page.getByRole('button', { name: 'copied' }).waitFor()
  })

  test('a reader without scripts still gets every verdict', async () => {
    await using opened = await open('index.html', { javaScriptEnabled: false })
    assert.ok((await opened.page.locator('.matrix .square.fail').count()) > 0)
    await opened.page.goto(base + brokenPage)
    assert.equal(await opened.page.locator('details.result.fail[open]').count(), 4)
  })
})

/** In the page: texts whose contrast with what lies behind them is below 4.5 (3 where large), with their figures. */
const lowContrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const read = (colour) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => (c * a + under[i] * (255 - a)) / 255)
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    const layers = []
    for (let at = element; at; at = at.parentElement) layers.unshift(read(getComputedStyle(at).backgroundColor))
    return layers.reduce((under, layer) => over(layer, under), [255, 255, 255])
  }
  const low = new Map()
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
    if (!own || !element.checkVisibility({ opacityProperty: true }) || element.closest('.spoken')) continue
    const style = getComputedStyle(element)
    let opacity = 1
    for (let at = element; at; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity)
    const back = behind(element)
    const [r, g, b, a] = read(style.color)
    const front = over([r, g, b, a * opacity], back)
    const [x, y] = [luminance(front), luminance(back)]
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
    const size = parseFloat(style.fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio < (isLarge ? 3 : 4.5)) {
      const name = element.tagName.toLowerCase() + '.' + [...element.classList].join('.') + ' in ' + element.parentElement.className
      low.set(name, ratio.toFixed(2))
    }
  }
  return [...low].map(([name, ratio]) => name + ' ' + ratio).slice(0, 12)
})()`
