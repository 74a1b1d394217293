import { createHash } from 'node:crypto'
import type { ScramHash } from '../../xmpp-client/scram.ts'

/**
 * Hash of the announced mechanisms and channel-binding types, base64 (XEP-0474 §6.1). Sorting compares bytes, and names
 * are ASCII.
 *
 * @param types undefined where none were announced
 */
export function listsHash(
  hash: ScramHash,
  mechanisms: readonly string[],
  types: readonly string[] | undefined,
): string {
  const list = (names: readonly string[]) =>
    names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join('\x1e')
  const text = types === undefined ? list(mechanisms) : `${list(mechanisms)}\x1f${list(types)}`
  return createHash(hash).update(text).digest('base64')
}
