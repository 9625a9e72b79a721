/** `EACCES`, `ENOENT`: what went wrong, in the one word that the system has for it. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
