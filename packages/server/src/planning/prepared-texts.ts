/**
 * Statements that were prepared before: the same text over the same tables with the same settings is not
 * planned again. Dashboards and scripts ask the same over and over, and planning is most of what a small
 * query takes.
 */
import { limits } from '@arbalest/common'
import { decodePreparedQuery, type PreparedQuery, type UnfoldStep } from '@arbalest/plan'
import { unfold, type UnfoldFacts } from '@arbalest/planner'
import { sameEntries, type ReadEntry } from '../catalog/read-entry.js'
import type { Planner, PrepareRequest, PreparedText, QueryReferences } from './planner.js'
import { createRecentTexts } from './recent-texts.js'

export interface PreparedTexts {
  /** @throws QueryError as the planner's `references` */
  references(sql: string): Promise<QueryReferences>
  /**
   * `reads`: what the query reads, through views as well: tables, views, macros and types as they are now.
   * @throws QueryError as the planner's `prepare`
   */
  prepare(request: PrepareRequest, reads: readonly ReadEntry[]): Promise<PreparedText>
  /** What is kept of such a query, whatever is to be looked at before it may be used. */
  known(request: PrepareRequest, reads: readonly ReadEntry[]): PreparedText | undefined
  /** What a text names, where that is kept. */
  knownReferences(sql: string): QueryReferences | undefined
  /** Plans light queries in this process, others where the planner is. @throws QueryError */
  unfold(prepared: string, facts: UnfoldFacts): Promise<UnfoldStep>
}

interface Kept {
  readonly reads: readonly ReadEntry[]
  readonly text: PreparedText
}

export function createPreparedTexts(planner: Pick<Planner, 'references' | 'prepare' | 'unfold'>): PreparedTexts {
  const references = createRecentTexts<QueryReferences>(limits.preparedTextCharsMax)
  const prepared = createRecentTexts<Kept>(limits.preparedTextCharsMax)
  const light = createRecentTexts<PreparedQuery>(limits.lightQueryCharsMax)
  const known: PreparedTexts['known'] = (request, reads) => {
    const kept = prepared.get(JSON.stringify(request))
    return kept !== undefined && sameEntries(kept.reads, reads) ? kept.text : undefined
  }
  return {
    known,
    knownReferences: (sql) => references.get(sql),
    async references(sql) {
      const kept = references.get(sql)
      if (kept !== undefined) return kept
      const found = await planner.references(sql)
      references.set(sql, found, sql.length * 2)
      return found
    },
    async prepare(request, reads) {
      const kept = known(request, reads)
      if (kept !== undefined) return kept
      const key = JSON.stringify(request)
      const text = await planner.prepare(request)
      if (text.light) light.set(text.prepared, decodePreparedQuery(text.prepared), text.prepared.length)
      if (text.timeless) prepared.set(key, { reads, text }, key.length + text.prepared.length * 2)
      return text
    },
    async unfold(text, facts) {
      const query = light.get(text)
      return query === undefined ? planner.unfold(text, facts) : unfold(query, facts)
    },
  }
}
