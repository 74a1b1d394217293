/** What `assay report` can make. */
export const reportFormats = ['html', 'junit', 'markdown', 'json'] as const
export type ReportFormat = (typeof reportFormats)[number]
