import type { Command } from 'commander'

/** `assay images`: the images that docker implementations run in. */
export function addImages(program: Command): void {
  const images = program.command('images').description('build or list the images that docker implementations run in')
  images
    .command('build')
    .description('build the images that are missing, so that a later run begins at once')
    .argument('[implementation...]', 'ID or ID@VERSION (default: all)')
    .option('--json', 'print one JSON document')
    .action(async (implementations: string[], options: { json?: boolean }) => {
      const { buildImages } = await import('./images-command.ts')
      process.exitCode = await buildImages(implementations, options)
    })
  images
    .command('list')
    .description('list the images that Assay built')
    .option('--json', 'print one JSON document')
    .action(async (options: { json?: boolean }) => {
      const { listBuiltImages } = await import('./images-command.ts')
      await listBuiltImages(options)
    })
}
