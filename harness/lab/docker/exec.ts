import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { LabError } from '../lab.ts'
import { docker } from './client.ts'

export interface ExecOptions {
  /** Written to the command's standard input, which is then closed. */
  input?: string
  /** Milliseconds that the command may take; a minute by default. */
  timeoutMs?: number
}

/** Runs a command inside a container; resolves with its standard output. Throws LabError when it exits non-zero. */
export async function exec(containerId: string, command: string[], options: ExecOptions = {}): Promise<string> {
  const { input, timeoutMs = 60_000 } = options
  const name = command.slice(0, 3).join(' ')
  const process = await docker()
    .getContainer(containerId)
    .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, AttachStdin: input !== undefined })
    .catch((cause: Error) => {
      throw new LabError(`'${name}' could not run in its container: ${cause.message}`, { cause })
    })
  const stream = await process.start({ hijack: true, stdin: input !== undefined })
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  docker().modem.demuxStream(stream, stdout, stderr)
  const closed = () => {
    stdout.end()
    stderr.end()
  }
  stream.on('end', closed).on('close', closed).on('error', closed)
  if (input !== undefined) stream.end(input)
  let late = false
  const timer = setTimeout(() => {
    late = true
    stream.destroy()
  }, timeoutMs)
  const [out, error] = await Promise.all([buffer(stdout), buffer(stderr)])
  clearTimeout(timer)
  if (late) throw new LabError(`'${name}' did not end within ${timeoutMs} ms`, { log: `${out}${error}` })
  const { ExitCode } = await process.inspect()
  if (ExitCode !== 0) {
    throw new LabError(`'${name}' exited with ${ExitCode}: ${error.toString().trim().slice(-500)}`, {
      log: `${out}${error}`,
    })
  }
  return out.toString()
}
