/** What stands in an answer or a payload. */
export type Json = { readonly [key: string]: unknown }
