/** Names that every catalog has. */

/** The catalog in names of three parts: `arbalest.main.t`. */
export const catalogName = 'arbalest'

/** Begins the names of schemas with what only one session sees. */
export const temporaryPrefix = 'arbalest_temp_'

/** The schema in which the views of `information_schema` stand: DuckDB takes that name for its own. */
export const informationSchema = 'arbalest_information'

/** The schema of functions that other engines have and DuckDB has not: searched last of all. */
export const dialectSchema = 'arbalest_functions'

/** The schema that is always there, and in which names are looked up last. */
export const defaultSchema = 'main'
