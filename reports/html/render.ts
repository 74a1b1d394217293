import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Handlebars from 'handlebars'
import { visible } from '../model/visible.ts'

const folder = join(import.meta.dirname, 'templates')
const handlebars = Handlebars.create()
const templates = new Map<string, Handlebars.TemplateDelegate>()

for (const file of readdirSync(folder)) {
  if (!file.endsWith('.hbs')) continue
  const name = file.slice(0, -4)
  const source = readFileSync(join(folder, file), 'utf8').replace(/^\s+/gm, '')
  if (name.startsWith('_')) handlebars.registerPartial(name.slice(1), source)
  else templates.set(name, handlebars.compile(source, { strict: false, preventIndent: true }))
}

/** `{{wire text}}`: text that an implementation or a run wrote, with what hides or reorders made visible. */
handlebars.registerHelper('wire', (text: unknown) => (typeof text === 'string' ? visible(text) : ''))

/** `{{statement text}}`: the same, with what stands between backticks as code. */
handlebars.registerHelper('statement', (text: unknown) => {
  const escaped = Handlebars.escapeExpression(typeof text === 'string' ? visible(text) : '')
  // Handlebars escapes backticks too.
  return new Handlebars.SafeString(escaped.replace(/&#x60;(.+?)&#x60;/g, '<code>$1</code>'))
})
handlebars.registerHelper('is', (a: unknown, b: unknown) => a === b)
handlebars.registerHelper(
  'isLong',
  (text: unknown) => typeof text === 'string' && (text.length > 200 || text.includes('\n')),
)
handlebars.registerHelper('isNone', (level: unknown) => level === 'none')
/** What a square is called where its column's heading is far away: on a phone. */
handlebars.registerHelper('columnName', (columns: { label: string; group: string }[], index: number) => {
  const column = columns[index]
  return column ? `${column.group} ${column.label}` : ''
})

/** Renders a page: templates/<name>.hbs inside the layout. Handlebars escapes every value. */
export function render(name: string, view: object): string {
  const template = templates.get(name)
  if (!template) throw new Error(`there is no template ${name}.hbs in ${folder}`)
  return template(view)
}
