import { type Command, Option } from 'commander'
import { runtimes } from '../lab/implementation.ts'
import { transports } from '../plan/cells.ts'
import type { Target } from '../plan/plan.ts'
import type { Selection } from '../plan/select.ts'
import { UsageError } from '../plan/usage-error.ts'
import { oneOf } from './one-of.ts'

/** What the options that choose cells and cases parse to. */
export interface SelectionOptions {
  profile?: string
  implementation?: string[]
  suite?: string[]
  case?: string[]
  thorough?: boolean
  runtime?: string
  transport?: string[]
  target?: string
  account?: string[]
  client?: string
}

const chooseable = runtimes.filter((one) => one !== 'target')

/** Adds the options that choose what runs. */
export function addSelectionOptions(command: Command): Command {
  return command
    .option('--profile <id>', 'a named choice of implementations (default: embedded; see assay list profiles)')
    .option('--implementation <id...>', 'ID, ID@VERSION, or ID@13 for every 13.x')
    .option('--suite <id...>', 'suites, or patterns such as "xep-*"')
    .option('--case <id...>', 'cases, or patterns such as "xep-0280/*"; a case brings its control along')
    .option('--thorough', 'every case; without it the first of each section, or what --suite and --case name')
    .addOption(
      oneOf(new Option('--runtime <name>', `only implementations of a runtime: ${chooseable.join(', ')}`), chooseable),
    )
    .addOption(
      oneOf(new Option('--transport <name...>', `for clients, only over: ${transports.join(', ')}`), transports),
    )
    .option('--target <uri>', 'a server that runs elsewhere: xmpp://domain[:port] or xmpps://domain[:port]')
    .option('--account <jid:password...>', 'accounts on the target; or ASSAY_ACCOUNTS in the environment, one a line')
    .option('--client <command>', 'a client of your own, started for every case; see docs/own-client.md')
}

/** @throws UsageError when a target or its accounts are not what they should be */
export function readSelection(options: SelectionOptions): Selection & { target?: Target } {
  const target = readTarget(options)
  return {
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.implementation ? { implementations: options.implementation } : {}),
    ...(options.suite ? { suites: options.suite } : {}),
    ...(options.case ? { cases: options.case } : {}),
    ...(options.thorough ? { thorough: true } : {}),
    ...(options.runtime === undefined ? {} : { runtime: options.runtime }),
    ...(options.transport ? { transports: options.transport } : {}),
    ...(target ? { target } : {}),
    ...(options.client === undefined ? {} : { client: options.client }),
  }
}

function readTarget({ target, account }: SelectionOptions): Target | undefined {
  if (target === undefined) {
    if (account?.length) throw new UsageError('--account: goes with --target, which says where the accounts are')
    return undefined
  }
  if (!/^xmpps?:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s/?#:@[\]]+)(:\d{1,5})?\/?$/.test(target)) {
    throw new UsageError(`--target ${target}: takes xmpp://domain[:port] or xmpps://domain[:port]`)
  }
  return { uri: target.replace(/\/$/, ''), accounts: readAccounts(account) }
}

/**
 * Accounts from `--account`, or from ASSAY_ACCOUNTS: one a line, or parted by spaces on a single line.
 *
 * @throws UsageError, without the password, when one is not JID:PASSWORD
 */
export function readAccounts(
  given: string[] | undefined,
  environment = process.env.ASSAY_ACCOUNTS,
): Target['accounts'] {
  const text = environment?.trim() ?? ''
  const words = given?.length ? given : text === '' ? [] : text.split(text.includes('\n') ? /\r?\n/ : /\s+/)
  return words
    .filter((word) => word.trim() !== '')
    .map((word) => {
      const [, jid, password] = /^([^\s:@]+@(?:\[[^\]]+\]|[^\s:@]+)):(.+)$/s.exec(word) ?? []
      if (jid !== undefined && password !== undefined) return { jid, password }
      throw new UsageError(`--account ${word.split(':')[0]}:…: takes JID:PASSWORD, the JID without a resource`)
    })
}
