import { randomInt } from 'node:crypto'

/**
 * An address of this machine's loopback that nobody else is likely to use, so that every port of it is free. Linux has
 * all of 127.0.0.0/8; undefined where there is 127.0.0.1 alone.
 */
export function ownLoopbackAddress(): string | undefined {
  if (process.platform !== 'linux') return undefined
  return `127.${randomInt(64, 128)}.${randomInt(0, 256)}.${randomInt(2, 255)}`
}
