/** A table as Markdown renders it; numbers to the right. */
import { isNumericType } from './numeric-type.js'
import type { ResultFormat } from './result-format.js'

export const markdownFormat: ResultFormat = {
  text: true,
  async write(run, output, { signal }) {
    await output.write(line(run.columns.map(({ name }) => cell(name))))
    await output.write(line(run.columns.map(({ type }) => (isNumericType(type) ? '---:' : '---'))))
    for await (const row of run.textRows(signal)) await output.write(line(row.map((text) => cell(text ?? 'NULL'))))
  },
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\r\n|\r|\n/g, '<br>')
