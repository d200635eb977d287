/** The texts to run: from flags, files and standard input. */
import { readFileSync } from 'node:fs'
import { queryError } from '@arbalest/common'

/** `-c TEXT` and `-f FILE`, in the order in which they were given. */
export type SqlSource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }

/** @throws QueryError INVALID_OPTION when a file cannot be read */
export const readSources = (sources: readonly SqlSource[]): readonly string[] =>
  sources.map((source) => (source.kind === 'text' ? source.text : readSqlFile(source.path)))

function readSqlFile(path: string): string {
  try {
    return withoutByteOrderMark(readFileSync(path, 'utf8'))
  } catch (cause) {
    const reason = `${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`
    throw queryError('INVALID_OPTION', { option: '--file', reason }, { cause })
  }
}

export async function readAll(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of input) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return withoutByteOrderMark(Buffer.concat(chunks).toString('utf8'))
}

const withoutByteOrderMark = (text: string): string => text.replace(/^\ufeff/, '')
