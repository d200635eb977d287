/** Statements that are known but not run, each with the reason and the nearest thing that works. */
import { queryError, type QueryError } from '@arbalest/common'

const writeLater = 'UPDATE, DELETE and INSERT one after the other'
const oneStatement = 'each statement is a transaction of its own: all of it is seen, or nothing'

/** Statements a later version brings, with what to use until then. */
export const laterStatements: Readonly<Record<string, string>> = {
  MERGE: writeLater,
  BEGIN: oneStatement,
  START: oneStatement,
  COMMIT: oneStatement,
  END: oneStatement,
  ROLLBACK: oneStatement,
  ABORT: oneStatement,
  SAVEPOINT: oneStatement,
  COMMENT: 'keep descriptions outside the catalog',
  REFRESH: 'files are looked at anew for every query',
  MSCK: 'files are looked at anew for every query',
  DECLARE: 'run the query and read its rows as they come',
  FETCH: 'run the query and read its rows as they come',
}

const engineIsClosed = 'statements cannot reach the engines behind the cluster'
const rightsAreTokens = 'rights belong to tokens, not to statements'

/** Statements that no client may ever run, with the reason. */
export const forbiddenStatements: Readonly<Record<string, string>> = {
  ATTACH: 'databases are not opened by statements; register their files as tables',
  DETACH: engineIsClosed,
  INSTALL: 'the engines carry a fixed set of extensions',
  LOAD: 'the engines carry a fixed set of extensions',
  EXPORT: 'statements do not write to paths',
  IMPORT: 'statements do not run scripts from paths',
  PRAGMA: 'settings are set with SET',
  CALL: engineIsClosed,
  CHECKPOINT: engineIsClosed,
  FORCE: engineIsClosed,
  VACUUM: engineIsClosed,
  KILL: 'a job is cancelled by its id',
  GRANT: rightsAreTokens,
  REVOKE: rightsAreTokens,
}

/** The error for a statement of either table; undefined when the word is in neither. */
export function refusal(word: string, position: number): QueryError | undefined {
  const reason = Object.hasOwn(forbiddenStatements, word) ? forbiddenStatements[word] : undefined
  if (reason) return queryError('NOT_ALLOWED', { what: word, reason }, { position })
  const instead = Object.hasOwn(laterStatements, word) ? laterStatements[word] : undefined
  if (instead) return queryError('NOT_IN_THIS_VERSION', { what: word, instead }, { position })
  return undefined
}
