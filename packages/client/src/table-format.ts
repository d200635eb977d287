/** Rows as a box of text for terminals, with wide and zero-width characters counted as they show. */

export interface TableText {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly (string | null)[])[]
}

export interface TableFormatOptions {
  /** Columns of the terminal; wider boxes get their widest cells shortened. */
  readonly widthMax?: number
  /** How a NULL shows. */
  readonly nullText?: string
}

const numeric = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|BIGNUM|FLOAT|DOUBLE|DECIMAL.*)$/
const cellWidthMin = 8
const ellipsis = '…'

export function formatTable(table: TableText, options: TableFormatOptions = {}): string {
  const { widthMax = 120, nullText = 'NULL' } = options
  const { columns } = table
  if (columns.length === 0) return ''
  const cells = table.rows.map((row) => columns.map((_, index) => oneLine(row[index] ?? nullText)))
  const heads = columns.map(({ name }) => oneLine(name))
  const types = columns.map(({ type }) => type)
  const widths = shrink(
    columns.map((_, index) =>
      Math.max(...[heads, types, ...cells].map((line) => textWidth(line[index] ?? ''))),
    ),
    widthMax,
  )
  const right = columns.map(({ type }) => numeric.test(type))
  const line = (texts: readonly string[], alignRight: readonly boolean[]): string => {
    const padded = texts.map((text, index) =>
      pad(text, widths[index] ?? 0, alignRight[index] === true),
    )
    return `│ ${padded.join(' │ ')} │`
  }
  const rule = (left: string, middle: string, end: string): string =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + end
  const none = columns.map(() => false)
  return [
    rule('┌', '┬', '┐'),
    line(heads, none),
    line(types, none),
    rule('├', '┼', '┤'),
    ...cells.map((row) => line(row, right)),
    rule('└', '┴', '┘'),
  ].join('\n')
}

/** Takes from the widest columns until the box fits, or all are as small as they may be. */
function shrink(widths: readonly number[], widthMax: number): readonly number[] {
  const shrunk = [...widths]
  const borders = 3 * widths.length + 1
  let excess = shrunk.reduce((sum, width) => sum + width, borders) - widthMax
  while (excess > 0) {
    const widest = Math.max(...shrunk)
    if (widest <= cellWidthMin) break
    const next = Math.max(cellWidthMin, ...shrunk.filter((width) => width < widest))
    const columns = shrunk.flatMap((width, index) => (width === widest ? [index] : []))
    const cut = Math.min(widest - next, Math.ceil(excess / columns.length))
    for (const index of columns) shrunk[index] = widest - Math.max(cut, 1)
    excess -= Math.max(cut, 1) * columns.length
  }
  return shrunk
}

function pad(text: string, width: number, right: boolean): string {
  const fitting = textWidth(text) <= width ? text : cut(text, width)
  const spaces = ' '.repeat(Math.max(0, width - textWidth(fitting)))
  return right ? spaces + fitting : fitting + spaces
}

function cut(text: string, width: number): string {
  let kept = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const next = segmentWidth(segment)
    if (used + next > width - 1) break
    kept += segment
    used += next
  }
  return kept + ellipsis
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Cells of a terminal that the text takes. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += segmentWidth(segment)
  return width
}

/** Scripts and signs of East Asia that take two cells. */
const wideRanges = [
  '\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\u33ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\ua000-\\ua4cf\\uac00-\\ud7a3',
  '\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6',
  '\\u{1f300}-\\u{1f64f}\\u{1f900}-\\u{1f9ff}\\u{20000}-\\u{3fffd}',
].join('')
const wide = new RegExp(`^(?:\\p{Emoji_Presentation}|[${wideRanges}])|\\ufe0f`, 'u')

function segmentWidth(segment: string): number {
  if (wide.test(segment)) return 2
  return /^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment) ? 0 : 1
}

/** Line ends and control characters, which would break the box, as they are written in text. */
const oneLine = (text: string): string =>
  text.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, (character) => {
    const known = ({ '\n': '\\n', '\r': '\\r', '\t': '\\t' } as Readonly<Record<string, string>>)[
      character
    ]
    return known ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
