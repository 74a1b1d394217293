export { toJUnit } from './to-junit.ts'
