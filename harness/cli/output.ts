/** Writes to stdout and resolves when it has left this process: a pipe takes large documents in pieces. */
export const print = (text: string): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, () => resolve())
  })

/** Prints the one JSON document of a `--json` command. */
export const printJson = (value: unknown): Promise<void> => print(JSON.stringify(value, null, 2))

/** Says something beside the result: progress, warnings. */
export const note = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

/** Says what went wrong. */
export const complain = (text: string): void => note(`assay: ${text}`)
