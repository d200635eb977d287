/** Reads the text of a sqllogictest file, as DuckDB's own runner understands it. */
import { loopValues } from './loop-values.js'
import type { Command, Condition, Loop, QueryRecord, StatementRecord } from './script.js'

/** @throws Error with the line where the text is no such file */
export function parseScript(text: string): readonly Command[] {
  const lines = new ScriptLines(text)
  const open: { readonly loop: Loop; readonly body: Command[] }[] = []
  const top: Command[] = []
  let conditions: Condition[] = []
  let skipped = 0
  for (let words = lines.nextWords(); words !== undefined; words = lines.nextWords()) {
    const [word = '', ...parameters] = words
    const { line } = lines
    const body = open.at(-1)?.body ?? top
    if (word === 'mode') {
      if (parameters[0] === 'skip') skipped++
      if (parameters[0] === 'unskip') skipped--
      continue
    }
    if (skipped > 0) continue
    if (word === 'halt') break
    switch (word) {
      case 'skipif':
      case 'onlyif':
        conditions.push({ skips: word === 'skipif', text: parameters.join(' ') })
        continue
      case 'statement':
        body.push(readStatement(lines, parameters, conditions))
        break
      case 'query':
        body.push(readQuery(lines, parameters, conditions))
        break
      case 'loop':
      case 'concurrentloop':
      case 'foreach':
      case 'concurrentforeach': {
        const [variable = '', ...rest] = parameters
        const inside: Command[] = []
        const values = loopValues(word.endsWith('foreach') ? 'foreach' : 'loop', rest)
        const concurrent = word.startsWith('concurrent')
        const loop: Loop = { kind: 'loop', line, concurrent, variable, values, body: inside }
        body.push(loop)
        open.push({ loop, body: inside })
        break
      }
      case 'endloop':
        if (open.pop() === undefined) throw new Error(`line ${line}: endloop without a loop`)
        break
      default:
        body.push({ kind: 'directive', line, word, parameters })
    }
    conditions = []
  }
  if (open.length > 0) throw new Error(`line ${open[0]?.loop.line ?? 0}: a loop without endloop`)
  return top
}

function readStatement(
  lines: ScriptLines, [expects = '', connection = '']: readonly string[], conditions: readonly Condition[],
): StatementRecord {
  const { line } = lines
  if (expects !== 'ok' && expects !== 'error' && expects !== 'maybe') {
    throw new Error(`line ${line}: statement ${expects} is none of ok, error, maybe`)
  }
  const sql = lines.takeSql()
  const message = lines.takeBelowDashes().join('\n').trim()
  return { kind: 'statement', line, conditions, connection, sql, expects, message }
}

const sorts: Readonly<Record<string, QueryRecord['sort']>> = {
  nosort: 'none', none: 'none', rowsort: 'rows', sort: 'rows', valuesort: 'values',
}

function readQuery(
  lines: ScriptLines, [letters = '', style = '', label = '']: readonly string[], conditions: readonly Condition[],
): QueryRecord {
  const { line } = lines
  if (!/^[TIR]+$/.test(letters)) throw new Error(`line ${line}: columns of a query are told by T, I, R`)
  const sort = sorts[style]
  // What is no way of sorting names the connection.
  const connection = sort === undefined ? style : ''
  const sql = lines.takeSql()
  const expected = lines.takeBelowDashes()
  const columnCount = letters.length
  return { kind: 'query', line, conditions, connection, sql, columnCount, sort: sort ?? 'none', label, expected }
}

class ScriptLines {
  readonly #lines: readonly string[]
  #next = 0
  /** Of the words given last, from 1. */
  line = 0

  constructor(text: string) {
    this.#lines = text.replaceAll('\r', '').split('\n')
  }

  /** The words of the next line that is neither empty nor a comment. */
  nextWords(): readonly string[] | undefined {
    for (; this.#next < this.#lines.length; this.#next++) {
      const words = (this.#lines[this.#next] ?? '').trim().split(/\s+/)
      if (words[0] === '' || words[0]?.startsWith('#') === true) continue
      this.line = ++this.#next
      return words
    }
    return undefined
  }

  takeSql(): string {
    return this.#takeUntil((line) => line === '' || line === '----').join('\n')
  }

  takeBelowDashes(): readonly string[] {
    if (this.#lines[this.#next] !== '----') return []
    this.#next++
    return this.#takeUntil((line) => line === '')
  }

  #takeUntil(isEnd: (line: string) => boolean): readonly string[] {
    const start = this.#next
    while (this.#next < this.#lines.length && !isEnd(this.#lines[this.#next] ?? '')) this.#next++
    return this.#lines.slice(start, this.#next)
  }
}
