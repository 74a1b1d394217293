export { toBadge } from './to-badge.ts'
