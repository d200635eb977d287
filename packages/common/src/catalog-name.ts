/** Names that every catalog has. */

/** The catalog in names of three parts: `arbalest.main.t`. */
export const catalogName = 'arbalest'

/** The schema that is always there, and in which names are looked up last. */
export const defaultSchema = 'main'
