/**
 * Sequences while a query asks them. One query at a time has a sequence: it goes on where the last one ended, and
 * what it has taken is kept before anybody sees a value. Values of a query that fails were seen by nobody.
 */
import { queryError } from '@arbalest/common'
import { definitionKey, type SequenceEntry } from '../catalog/definitions.js'
import { searchPathOf, shownName } from '../catalog/name-lookup.js'
import { sequenceStatements } from '../catalog/sequence-sql.js'
import type { QualifiedName, UsedSequence } from '../planning/planner.js'
import type { HeldSequences } from './job-sequences.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError JOB_CANCELLED when nobody waits any more; UNKNOWN_OBJECT for what was dropped meanwhile */
export async function holdSequences(
  used: readonly UsedSequence[],
  context: StatementContext,
): Promise<HeldSequences> {
  const { catalog, locks, signal } = context
  const releases: (() => void)[] = []
  const release = (): void => {
    for (const next of releases.splice(0)) next()
  }
  try {
    // Always in the same order: no two queries wait for each other.
    const keys = used.map(({ name }) => definitionKey({ kind: 'sequence', name })).sort()
    for (const key of keys) releases.push(await locks.take(key, signal))
    const held = used.map(({ name, alias }) => ({ alias, entry: currentSequence(name, context) }))
    return {
      statements: held.flatMap(({ entry, alias }) => sequenceStatements(entry, alias)),
      release,
      settle: ({ result }) => catalog.change(async () => {
        const taken = new Map((result?.parts ?? []).flatMap(({ sequences = {} }) => Object.entries(sequences)))
        for (const { alias, entry: before } of held) {
          const entry = catalog.definitions.find(before)
          const last = taken.get(alias)
          const isSame = entry?.kind === 'sequence' && entry.id === before.id
          if (isSame && last !== undefined && last !== entry.last) catalog.definitions.put({ ...entry, last })
        }
      }),
    }
  } catch (error) {
    release()
    throw error
  }
}

function currentSequence(name: QualifiedName, { catalog }: StatementContext): SequenceEntry {
  const entry = catalog.definitions.find({ kind: 'sequence', name })
  if (entry?.kind === 'sequence') return entry
  throw queryError('UNKNOWN_OBJECT', { reason: `there is no sequence ${shownName(name)} any more` })
}

/** Whether a query asks a sequence, through views and macros as well. @throws QueryError as for a query */
export async function asksSequence(sql: string, context: StatementContext): Promise<boolean> {
  const { catalog, resolver, session, signal } = context
  if (!catalog.definitions.list().some(({ kind }) => kind === 'sequence')) return false
  const { reads } = await resolver.resolve(sql, searchPathOf(session), signal)
  return reads.some(({ kind }) => kind === 'sequence')
}

/** @throws QueryError NOT_IN_THIS_VERSION for queries that are computed twice */
export function refuseSequences(what: string, used: readonly UsedSequence[]): void {
  if (used.length === 0) return
  const instead = 'write its values into a table first: it is computed more than once'
  throw queryError('NOT_IN_THIS_VERSION', { what: `nextval or currval in ${what}`, instead })
}
