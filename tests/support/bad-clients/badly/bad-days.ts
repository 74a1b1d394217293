/** What a client does on a bad day, and what becomes of the cases `client-logs-in` and `client-gives-up-on-failure`. */
export const badDays = {
  'never-connects': { right: 'fail silent', hostile: 'inconclusive' },
  'connects-twice': { right: 'pass', hostile: 'pass refused' },
  'reconnects-without-end': { right: 'pass', hostile: 'pass refused' },
  'floods-the-server': { right: 'fail', hostile: 'inconclusive' },
  'floods-its-driver': { right: 'fail dies', hostile: 'inconclusive' },
  'eats-memory': { right: 'fail dies', hostile: 'inconclusive' },
  'eats-a-core': { right: 'fail hangs', hostile: 'inconclusive' },
  'writes-garbage': { right: 'fail dies', hostile: 'inconclusive' },
  'outlives-its-probe': { right: 'pass', hostile: 'pass refused' },
  'starts-slowly': { right: 'pass', hostile: 'pass refused' },
  'ignores-sigterm': { right: 'pass', hostile: 'pass refused' },
} as const

export type BadDay = keyof typeof badDays
