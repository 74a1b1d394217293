export { type WrittenReport, writeHtmlReport } from './write-html-report.ts'
