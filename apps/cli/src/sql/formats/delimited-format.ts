/**
 * CSV and TSV with a header, quoted as RFC 4180 says. A NULL is an empty field, an empty text is `""`.
 */
import type { TextRow } from '../sql-session.js'
import type { ResultFormat } from './result-format.js'

export const csvFormat = delimitedFormat(',')
export const tsvFormat = delimitedFormat('\t')

function delimitedFormat(delimiter: string): ResultFormat {
  const special = new RegExp(`["\r\n${delimiter}]`)
  const field = (text: string | null): string => {
    if (text === null) return ''
    return text === '' || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const line = (row: TextRow): string => `${row.map(field).join(delimiter)}\n`
  return {
    text: true,
    async write(run, output, { signal }) {
      await output.write(line(run.columns.map(({ name }) => name)))
      for await (const row of run.textRows(signal)) await output.write(line(row))
    },
  }
}
