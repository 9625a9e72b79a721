export type ErrorDetail = {
  readonly resource: string
  readonly field?: string
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom'
  readonly message?: string
}

/** A refusal, in GitHub's words: what the server answers and what GraphQL turns into an error of its own. */
export class ApiError extends Error {
  readonly status: number
  readonly errors: readonly (ErrorDetail | string)[] | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly documentation: string

  constructor(
    status: number,
    message: string,
    more: {
      readonly errors?: readonly (ErrorDetail | string)[]
      readonly headers?: Record<string, string>
      readonly documentation?: string
    } = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.errors = more.errors
    this.headers = more.headers ?? {}
    this.documentation = more.documentation ?? 'https://docs.github.com/rest'
  }
}

export function notFound(): ApiError {
  return new ApiError(404, 'Not Found')
}

export function validationFailed(...errors: readonly (ErrorDetail | string)[]): ApiError {
  return new ApiError(422, 'Validation Failed', { errors })
}

/** 422 with one sentence and no list, as the git routes answer. */
export function unprocessable(message: string): ApiError {
  return new ApiError(422, message)
}
