import { type Argument, InvalidArgumentError, type Option } from 'commander'
import { didYouMean } from '../plan/nearest.ts'

/** Makes an option or argument take one of some words (a variadic one: several); an error offers the nearest. */
export function oneOf<T extends Option | Argument>(option: T, words: readonly string[]): T {
  option.argParser((word: string, before: unknown) => {
    if (!words.includes(word)) {
      throw new InvalidArgumentError(`Takes ${words.join(', ')}${didYouMean(word, words)}`)
    }
    return option.variadic ? [...(Array.isArray(before) ? before : []), word] : word
  })
  return option
}
