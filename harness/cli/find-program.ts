import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The path of the first of the programs that PATH has; undefined where it has none. */
export async function findProgram(names: string[], path = process.env.PATH ?? ''): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of path.split(delimiter)) {
      const file = join(folder, name)
      const there = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (folder !== '' && there) return file
    }
  }
  return undefined
}
