/** The `Range` header of a request: one range of bytes, or the whole file. */

export type ByteRange =
  | { readonly kind: 'whole' | 'part'; readonly first: number; readonly length: number }
  | { readonly kind: 'unsatisfiable' }

/**
 * Reads `bytes=a-b`, `bytes=a-` and `bytes=-n` for a file of `size` bytes. What is absent, malformed or
 * asks for several ranges means the whole file, as RFC 9110 allows.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  const [, from = '', to = ''] = match ?? []
  if (from === '' && to === '') return { kind: 'whole', first: 0, length: size }
  if (from === '') return part(Math.max(0, size - Number(to)), size - 1, size)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== '' && Number(to) < Number(from)) return { kind: 'whole', first: 0, length: size }
  return part(Number(from), last, size)
}

const part = (first: number, last: number, size: number): ByteRange =>
  first >= size || last < first
    ? { kind: 'unsatisfiable' }
    : { kind: 'part', first, length: last - first + 1 }
