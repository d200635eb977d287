/** Syntax trees of texts, a few of the last ones kept: a statement's text is read more than once. */
import type { PlanningInstance } from '@arbalest/engine'
import { readSyntaxTree, type SyntaxTree } from '@arbalest/planner'
import { createRecentTexts } from './recent-texts.js'

export interface SyntaxTrees {
  /** @throws QueryError SYNTAX_ERROR */
  treeOf(sql: string): Promise<SyntaxTree>
}

/** Characters of JSON. */
const keptChars = 4 * 1024 * 1024

export function createSyntaxTrees(instance: PlanningInstance): SyntaxTrees {
  const kept = createRecentTexts<string>(keptChars)
  return {
    async treeOf(sql) {
      const known = kept.get(sql)
      if (known !== undefined) return readSyntaxTree(known, sql)
      const json = await instance.syntaxTree(sql)
      const tree = readSyntaxTree(json, sql)
      kept.set(sql, json, sql.length + json.length)
      return tree
    },
  }
}
