/** Finds passages that stand in two places: whitespace, comments, imports and lone brackets do not count. */
import type { Finding, SourceFile } from './source-file.js'

const cloneLinesMax = 30

interface Line {
  readonly fileIndex: number
  /** 1-based, in the file. */
  readonly line: number
  readonly text: string
}

interface Clone {
  readonly left: number
  readonly right: number
  readonly length: number
}

/** Every passage of more than 30 lines which repeats an earlier one. Linear in lines, for few clones. */
export function findClones(files: readonly SourceFile[]): readonly Finding[] {
  const lines = files.flatMap((file, fileIndex) => significantLines(file, fileIndex))
  return longestClones(lines).map(({ left, right, length }) => {
    const [first, second] = [lines[left]!, lines[right]!]
    const other = `${files[first.fileIndex]!.path}:${first.line}`
    return {
      path: files[second.fileIndex]!.path,
      line: second.line,
      message: `${length} lines stand also at ${other}, the limit is ${cloneLinesMax}`,
    }
  })
}

function longestClones(lines: readonly Line[]): readonly Clone[] {
  const seen = new Map<string, number>()
  const clones: Clone[] = []
  const window = cloneLinesMax + 1
  for (let right = 0; right + window <= lines.length; right++) {
    if (lines[right]!.fileIndex !== lines[right + window - 1]!.fileIndex) continue
    const key = lines.slice(right, right + window).map(({ text }) => text).join('\n')
    const left = seen.get(key)
    if (left === undefined) {
      seen.set(key, right)
    } else if (left + window <= right) {
      const length = matchLength(lines, left, right)
      clones.push({ left, right, length })
      right += length - 1
    }
  }
  return clones
}

function matchLength(lines: readonly Line[], left: number, right: number): number {
  let length = 0
  while (
    left + length < right &&
    lines[left + length]!.fileIndex === lines[left]!.fileIndex &&
    lines[right + length]?.fileIndex === lines[right]!.fileIndex &&
    lines[left + length]!.text === lines[right + length]!.text
  ) {
    length++
  }
  return length
}

/** The lines that say something, with whitespace folded. */
function significantLines({ text }: SourceFile, fileIndex: number): readonly Line[] {
  const lines: Line[] = []
  let inComment = false
  let inImport = false
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim().replace(/\s+/g, ' ')
    if (inComment || line.startsWith('/*')) {
      inComment = !line.includes('*/')
      return
    }
    if (inImport || /^(import|export \* from)\b/.test(line)) {
      inImport = !/['"]$|['"];?$/.test(line)
      return
    }
    if (line.startsWith('//') || !/\w/.test(line)) return
    lines.push({ fileIndex, line: index + 1, text: line })
  })
  return lines
}
