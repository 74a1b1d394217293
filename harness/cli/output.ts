/** Writes a document to stdout and resolves when it has left this process: a pipe takes large ones in pieces. */
export const printDocument = (text: string): Promise<void> =>
  new Promise((resolve) => {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`, () => resolve())
  })

/** Prints what a person reads. */
export const print = (text: string): Promise<void> => printDocument(harmless(text))

/** Prints the one JSON document of a `--json` command. */
export const printJson = (value: unknown): Promise<void> => printDocument(JSON.stringify(value, null, 2))

/** Says something beside the result: progress, warnings. */
export const note = (text: string): void => {
  process.stderr.write(`${harmless(text)}\n`)
}

/** Says what went wrong. */
export const complain = (text: string): void => note(`assay: ${text}`)

/** Text from the wire may hold sequences that a terminal obeys: control characters are shown as U+FFFD, lines and tabs stay. */
export const harmless = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'))
