/** Values that a statement leaves open, `?`, `?2`, `$2`, `$name`: where they stand, and what is put there. */
import { queryError, type QueryError } from '@arbalest/common'
import { nextToken, type Token } from './lexer.js'
import { isWord } from './grammar/token-cursor.js'
import { editText, type EditedText, type TextEdit } from './text-edits.js'

export interface Parameter {
  /** `1`, `2`, … or a name in lower case. */
  readonly key: string
  /** UTF-16 offsets in the text. */
  readonly start: number
  readonly end: number
  /** Whether it stands after IN without parentheses, as a list. */
  readonly isAfterIn: boolean
}

/**
 * The parameters of a text in its order. As in DuckDB, `?` has the number after the highest before it.
 * @throws QueryError INVALID_PARAMETER where numbers and names are mixed
 */
export function parametersOf(text: string): readonly Parameter[] {
  // Most texts have none.
  if (!/[?$]/.test(text)) return []
  const parameters: Parameter[] = []
  let last = 0
  let before: Token | undefined
  for (let token = nextToken(text, 0); token; token = nextToken(text, token.end)) {
    const found = parameterAt(text, token, last)
    if (found !== undefined) {
      const isNumber = /^\d+$/.test(found.key)
      const [first] = parameters
      if (first !== undefined && /^\d+$/.test(first.key) !== isNumber) {
        throw invalid('parameters have either numbers or names', token.start)
      }
      if (isNumber) last = Math.max(last, Number(found.key))
      parameters.push({ ...found, start: token.start, isAfterIn: isWord(before, 'IN') })
      token = { ...token, end: found.end }
    }
    before = token
  }
  return parameters
}

function parameterAt(text: string, token: Token, last: number): Pick<Parameter, 'key' | 'end'> | undefined {
  if (token.kind === 'parameter') return { key: token.text.slice(1).toLowerCase(), end: token.end }
  if (token.kind !== 'symbol' || token.text !== '?') return undefined
  const [digits] = /^\d*/.exec(text.slice(token.end, token.end + 10)) ?? ['']
  return { key: digits === '' ? String(last + 1) : String(Number(digits)), end: token.end + digits.length }
}

/**
 * The text with `values` (SQL of constants by key) in the place of its parameters.
 * @throws QueryError INVALID_PARAMETER, at the parameter that has no value, or for values nobody asks for
 */
export function fillParameters(text: string, values: ReadonlyMap<string, string>): EditedText {
  const parameters = parametersOf(text)
  const keys = new Set(parameters.map(({ key }) => key))
  const edits = parameters.map(({ key, start, end, isAfterIn }): TextEdit => {
    const value = values.get(key)
    if (value === undefined) throw invalid(missing(key, values.size), start)
    return { start, end, text: isAfterIn ? ` ${value}` : `(${value})` }
  })
  const extra = [...values.keys()].find((key) => !keys.has(key))
  if (extra !== undefined) throw invalid(unasked(extra, keys))
  return editText(text, edits)
}

const shown = (key: string): string => `$${key}`

function missing(key: string, given: number): string {
  const count = given === 1 ? 'one value was given' : `${given === 0 ? 'no' : given} values were given`
  return `the parameter ${shown(key)} has no value: ${count}`
}

function unasked(key: string, keys: ReadonlySet<string>): string {
  const known = keys.size === 0 ? 'it has no parameters' : `it has ${[...keys].map(shown).join(', ')}`
  return `the statement has no parameter ${shown(key)}: ${known}`
}

const invalid = (reason: string, position?: number): QueryError =>
  queryError('INVALID_PARAMETER', { reason }, position === undefined ? {} : { position })
