/** The version of this program, and of the DuckDB it is built on; a test compares them with the packages. */
export const version = '0.1.0'
export const duckdbVersion = '1.5.6'
