import { createHash } from 'node:crypto'

/**
 * A name fit for a file and for an anchor: `xep-0280/7/received` → `xep-0280_7_received`. Ids that lose something on
 * the way get a hash, so that two ids never share a name.
 */
export function fileSlug(id: string): string {
  const slug = id.toLowerCase().replaceAll('/', '_')
  if (/^[a-z0-9][a-z0-9._@+-]{0,140}$/.test(slug) && slug === id.replaceAll('/', '_') && !id.includes('_')) return slug
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 10)
  return `${slug
    .replace(/[^a-z0-9._@+-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 100)}~${hash}`
}
