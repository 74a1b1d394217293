import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { visible } from '../model/visible.ts'
import { formatXml } from './browser/format-xml.ts'
import { hexDump } from './browser/hex-dump.ts'

/**
 * The report's one script, one style sheet and icon. Functions that both sides use go into the script by their own source;
 * the rest of it is browser/*.js, in the order of their names.
 */
export function buildAssets(): { 'report.js': string; 'report.css': string; 'icon.svg': string } {
  const shared = [visible, formatXml, hexDump].map(String).join('\n')
  const parts = concatenate('browser', '.js')
  return {
    'report.js': `(() => {\n'use strict'\n${shared}\n${parts}\n})()\n`,
    'report.css': concatenate('styles', '.css'),
    'icon.svg': readFileSync(join(import.meta.dirname, 'icon.svg'), 'utf8'),
  }
}

function concatenate(folder: string, extension: string): string {
  const path = join(import.meta.dirname, folder)
  const files = readdirSync(path).filter((file) => file.endsWith(extension))
  return files
    .sort()
    .map((file) => readFileSync(join(path, file), 'utf8'))
    .join('\n')
}
