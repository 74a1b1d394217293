import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { workbench } from '../support/assay.ts'

const bin = fileURLToPath(new URL('../../bin/assay.js', import.meta.url))
const fake = (path: string) => fileURLToPath(new URL(`../support/${path}`, import.meta.url))

const noScript = (() => {
  try {
    execFileSync('script', ['--version'], { stdio: 'pipe' })
    return false
  } catch {
    return 'needs the program script (util-linux), to have a terminal'
  }
})()

/** Runs `assay run` in a terminal of 100 columns; `interrupt`: presses Ctrl-C once so many characters came. */
async function inTerminal(folder: string, env: Record<string, string>, interrupt = Number.POSITIVE_INFINITY) {
  const command = `stty cols 100 rows 30; '${process.execPath}' '${bin}' run --thorough --no-report`
  const { CI: _, ...environment } = process.env
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...environment,
      TERM: 'xterm',
      ASSAY_SUITES: fake('fake/suites'),
      ASSAY_DRIVERS: fake('fake/drivers'),
      ASSAY_JOB_MODULE: fake('fake-job-process.ts'),
      ...env,
    },
  })
  let screen = ''
  let pressed = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
    if (screen.length < interrupt || pressed) return
    pressed = true
    child.stdin.write('\u0003')
  })
  const [code] = await once(child, 'close')
  return { screen, code }
}

const [hidden, shown] = ['\u001b[?25l', '\u001b[?25h']

describe('on a terminal', { skip: noScript }, () => {
  test('shows what runs, what is left and what failed, in place, and ends with the summary', async (t) => {
    const { folder } = await workbench(t)
    const { screen, code } = await inTerminal(folder, { FAKE_MS: '60' })
    assert.equal(code, 1)
    assert.match(screen, /\d+ left, \d+ pass/)
    // Which of the running cases it names is its own affair.
    assert.match(screen, /alpha@2\.0\.0\+starttls {2}\d+ left .*xep-0999\/1\/[a-z]/)
    assert.match(screen, /alpha@2\.0\.0\+\S+: fail xep-0999\/1\/failing/)
    assert.match(screen, /Results: runs\//)
    assert.ok(screen.length < 60_000, `${screen.length} characters are a flood`)
    assert.ok(screen.includes(hidden) && screen.lastIndexOf(shown) > screen.lastIndexOf(hidden), 'the cursor is back')
  })

  test('Ctrl-C brings the cursor back and says how to go on', async (t) => {
    const { folder } = await workbench(t)
    const { screen, code } = await inTerminal(folder, { FAKE_MS: '150' }, 3000)
    assert.equal(code, 130)
    assert.match(screen, /stopping \(Ctrl-C once more stops at once\)/)
    assert.match(screen, /To go on: assay run --resume runs\//)
    assert.ok(screen.lastIndexOf(shown) > screen.lastIndexOf(hidden), 'the cursor is back')
  })
})
