/** Syntax trees of texts, a few of the last ones kept: a statement's text is read more than once. */
import type { PlanningInstance } from '@arbalest/engine'
import { readSyntaxTree, type SyntaxTree } from '@arbalest/planner'
import { createRecentTexts } from './recent-texts.js'

export interface SyntaxTrees {
  /** @throws QueryError SYNTAX_ERROR */
  treeOf(sql: string): Promise<SyntaxTree>
}

/** Characters of JSON: of all texts that are kept, and of one that is kept as a tree. */
const keptChars = 4 * 1024 * 1024
const lastCharsMax = 1024 * 1024

export function createSyntaxTrees(instance: PlanningInstance): SyntaxTrees {
  const kept = createRecentTexts<string>(keptChars)
  /** A tree is some ten times as large as its JSON: of one statement it is asked for again and again. */
  let last: SyntaxTree | undefined
  return {
    async treeOf(sql) {
      if (last?.text === sql) return last
      const known = kept.get(sql)
      const json = known ?? await instance.syntaxTree(sql)
      const tree = readSyntaxTree(json, sql)
      if (known === undefined) kept.set(sql, json, sql.length + json.length)
      if (json.length <= lastCharsMax) last = tree
      return tree
    },
  }
}
