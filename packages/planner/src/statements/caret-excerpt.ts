/** The line of a statement with a caret below the place an error speaks of, for terminals. */

/** Columns shown at most; a longer line is cut around the caret. */
const excerptColumnsMax = 100

/**
 * Two lines: the line of the text that holds the UTF-16 offset, and a caret below it. Wide
 * characters and emoji count two columns, marks that combine none; tabs are shown as one space.
 */
export function caretExcerpt(text: string, position: number): string {
  const at = Math.max(0, Math.min(position, text.length))
  const lineStart = at - tailLength(text.slice(0, at))
  const lineEnd = at + text.slice(at).search(/[\r\n]|$/)
  let before = [...text.slice(lineStart, at).replaceAll('\t', ' ')]
  let after = [...text.slice(at, lineEnd).replaceAll('\t', ' ')]
  if (columns(before) + columns(after) > excerptColumnsMax) {
    before = cutLeft(before, excerptColumnsMax / 2)
    after = cutRight(after, excerptColumnsMax - columns(before))
  }
  return `${before.join('')}${after.join('')}\n${' '.repeat(columns(before))}^`
}

/** UTF-16 units since the last line break. */
function tailLength(head: string): number {
  return head.length - 1 - Math.max(head.lastIndexOf('\n'), head.lastIndexOf('\r'))
}

function cutLeft(characters: readonly string[], width: number): string[] {
  if (columns(characters) <= width) return [...characters]
  const kept: string[] = []
  let used = 1
  for (const character of characters.toReversed()) {
    used += columnsOf(character)
    if (used > width) break
    kept.push(character)
  }
  return ['…', ...kept.reverse()]
}

function cutRight(characters: readonly string[], width: number): string[] {
  if (columns(characters) <= width) return [...characters]
  const kept: string[] = []
  let used = 1
  for (const character of characters) {
    used += columnsOf(character)
    if (used > width) break
    kept.push(character)
  }
  return [...kept, '…']
}

function columns(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + columnsOf(character), 0)
}

/** Ranges of East Asian wide characters and emoji, ascending. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26a1, 0x26a1],
  [0x26bd, 0x26be],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f19a],
  [0x1f200, 0x1f320],
  [0x1f32d, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f90c, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
]

function columnsOf(character: string): number {
  const point = character.codePointAt(0) ?? 0
  if (point < 0x1100) return point >= 0x300 && point <= 0x36f ? 0 : 1
  if (point === 0x200d || (point >= 0xfe00 && point <= 0xfe0f)) return 0
  if (point >= 0x1f3fb && point <= 0x1f3ff) return 0
  return wide.some(([from, to]) => point >= from && point <= to) ? 2 : 1
}
