/** What files `require`: what this machine's DuckDB has, and what the runner does not do. */

/** Extensions that are part of DuckDB's package for Node. */
const builtIn: ReadonlySet<string> = new Set(['core_functions', 'icu', 'json', 'parquet'])

const met: ReadonlySet<string> = new Set([
  'notmusl', 'notmingw', 'notwindows', 'longdouble', '64bit', 'noforcestorage', 'no_force_storage', 'nothreadsan',
  'strinline', 'skip_reload', 'no_alternative_verify', 'no_latest_storage', 'no_vector_verification', 'ram',
  'disk_space', 'no_extension_autoloading',
])

const vectorSize = 2048

export function isMet([name = '', value = '']: readonly string[]): boolean {
  const word = name.toLowerCase()
  if (word === 'vector_size') return Number(value) <= vectorSize
  if (word === 'exact_vector_size') return Number(value) === vectorSize
  return builtIn.has(word) || met.has(word)
}
