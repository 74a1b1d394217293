/** JSON that can stand in a `<script type="application/json">`: nothing in it can close the element or open a comment. */
export const embedJson = (value: unknown): string => JSON.stringify(value).replaceAll('<', '\\u003c')
