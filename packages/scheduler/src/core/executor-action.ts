/** What an operator may do with an executor. */

/**
 *   set-aside   it keeps its outputs, and gets nothing new until it is taken back
 *   drain       it gets nothing new, and ends when nothing on it is needed any more
 *   take-back   undoes both, and what was held against it; not a drain that the executor itself began
 */
export type ExecutorAction = 'set-aside' | 'drain' | 'take-back'
