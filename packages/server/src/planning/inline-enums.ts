/**
 * DuckDB cannot write down the syntax tree of a text that has `ENUM('a', 'b')` in it, only of one that names a
 * type: while a text is a tree, a name of as many bytes stands for each, so that all places stay. Lambdas get their
 * own form again too.
 */
import type { PlanningInstance } from '@arbalest/engine'
import { editText, nextToken, withLambdaKeywords, type TextEdit } from '@arbalest/planner'

/** Begins and fills up such names: no name that people write. */
const mark = '\u0001'

export function withInlineEnums(instance: PlanningInstance): PlanningInstance {
  const names = new Map<string, string>()
  const texts = new Map<string, string>()
  const nameOf = (text: string): string => {
    const known = names.get(text)
    if (known !== undefined) return known
    const key = names.size.toString(36)
    const name = `"${mark}${key}`.padEnd(Buffer.byteLength(text) - 1, mark) + '"'
    names.set(text, name)
    texts.set(key, text)
    return name
  }
  const hidden = (sql: string): string => {
    if (!/\benum\s*\(/i.test(sql)) return sql
    const edits = enumsOf(sql).map(({ start, end }): TextEdit => ({ start, end, text: nameOf(sql.slice(start, end)) }))
    return editText(sql, edits).text
  }
  const shown = (sql: string): string =>
    names.size === 0 ? sql : sql.replace(namePattern, (name, key: string) => texts.get(key) ?? name)
  return new Proxy(instance, {
    get(target, property: keyof PlanningInstance) {
      if (property === 'syntaxTree') return (sql: string) => target.syntaxTree(hidden(sql))
      if (property === 'deserializeTree') {
        return async (json: string) => withLambdaKeywords(shown(await target.deserializeTree(json)))
      }
      const value = target[property] as (...args: readonly unknown[]) => unknown
      return value.bind(target)
    },
  })
}

const namePattern = new RegExp(`"${mark}([0-9a-z]+)${mark}*"`, 'g')

/** `ENUM('a', 'b')` in a text, from its word to its parenthesis. */
function enumsOf(sql: string): readonly { readonly start: number; readonly end: number }[] {
  const found: { start: number; end: number }[] = []
  let start: number | undefined
  for (let token = nextToken(sql, 0), before = token; token; before = token, token = nextToken(sql, token.end)) {
    const isOpen = token.text === '(' && before?.kind === 'word' && before.text.toUpperCase() === 'ENUM'
    if (isOpen && before !== undefined) start = before.start
    else if (start !== undefined && token.text === ')') {
      found.push({ start, end: token.end })
      start = undefined
    } else if (token.kind !== 'string' && token.text !== ',') start = undefined
  }
  return found
}
