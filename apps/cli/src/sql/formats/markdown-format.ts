/** Tables as Markdown renders them, numbers to the right, an empty line between two tables. */
import { isNumericType } from './numeric-type.js'
import type { ResultFormat } from './result-format.js'

export function markdownFormat(): ResultFormat {
  let tables = 0
  return {
    text: true,
    async write(run, output, { signal }) {
      if (tables++ > 0) await output.write('\n')
      await output.write(line(run.columns.map(({ name }) => cell(name))))
      await output.write(line(run.columns.map(({ type }) => (isNumericType(type) ? '---:' : '---'))))
      for await (const row of run.textRows(signal)) {
        await output.write(line(row.map((text) => cell(text ?? 'NULL'))))
      }
    },
  }
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\r\n|\r|\n/g, '<br>')
