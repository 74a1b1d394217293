/** A path as short as it can be from the current folder. */
export function shownPath(path: string): string {
  const here = `${process.cwd()}/`
  return path.startsWith(here) ? path.slice(here.length) : path
}
