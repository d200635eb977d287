// JSON as DuckDB writes it
export {
  isLongNumber,
  parseDuckdbJson,
  stringifyDuckdbJson,
  type DuckdbJson,
  type LongNumber,
} from './duckdb-json.js'

// statements: text -> statements, positions, syntax trees
export { caretExcerpt } from './statements/caret-excerpt.js'
export { utf16Offset } from './statements/error-position.js'
export { splitStatements, type StatementText } from './statements/split-statements.js'
