/** The head of an HTTP/1.1 answer, as far as the transfer of a file needs it. */

export interface AnswerHead {
  readonly status: number
  /** `undefined` when the answer does not say, or not in one way only, how long it is. */
  readonly contentLength: number | undefined
  readonly contentRange: string | undefined
  /** Another request may follow on the same connection. */
  readonly keepsOpen: boolean
}

/** Reads status line and header lines, without the empty line at their end; `undefined` when it is none. */
export function parseAnswerHead(text: string): AnswerHead | undefined {
  const [first = '', ...lines] = text.split('\r\n')
  const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first)
  if (match === null) return undefined
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon <= 0) return undefined
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  const [, minor, status] = match
  const length = headers.get('content-length') ?? ''
  const plain = /^\d{1,15}$/.test(length) && !headers.has('transfer-encoding')
  return {
    status: Number(status),
    contentLength: plain ? Number(length) : undefined,
    contentRange: headers.get('content-range'),
    keepsOpen: minor === '1' && !/\bclose\b/i.test(headers.get('connection') ?? ''),
  }
}
