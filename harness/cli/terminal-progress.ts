export { PlainProgress as TerminalProgress } from './plain-progress.ts'
