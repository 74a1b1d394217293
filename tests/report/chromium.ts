import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const path = process.env.ASSAY_CHROMIUM ?? '/usr/bin/chromium'
const isThere = existsSync(path)

/** Why tests that need Chromium are skipped, or false. With ASSAY_REQUIRE_CHROMIUM=1 they fail instead. */
export const withoutChromium: string | false =
  isThere || process.env.ASSAY_REQUIRE_CHROMIUM === '1'
    ? false
    : `there is no Chromium at ${path} (ASSAY_CHROMIUM says where it is)`

/** Starts the machine's Chromium, headless, with everything off by which it would talk to anyone by itself. */
export async function startChromium(): Promise<Browser> {
  if (!isThere) throw new Error(`there is no Chromium at ${path}, and ASSAY_REQUIRE_CHROMIUM is set`)
  const quiet = ['quic', 'gpu', 'background-networking', 'component-update', 'sync'].map((what) => `--disable-${what}`)
  return chromium.launch({ executablePath: path, args: ['--headless', '--no-sandbox', '--no-first-run', ...quiet] })
}
