/**
 * Lines of JSON that can stand in a `<script type="application/x-ndjson">`: nothing in them closes the element or opens
 * a comment. In JSON a `<` stands only inside of a string, where it may be written by its code.
 */
export const embedLines = (lines: string): string => lines.replaceAll('<', '\\u003c')
