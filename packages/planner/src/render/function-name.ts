/** Names of functions in SQL. */
import { quoteIdentifier } from '@arbalest/common'

/** Some function names are words of the grammar (`left`, `substring`): all but the commonest are quoted. */
export const functionName = (name: string): string => (plainNames.has(name) ? name : quoteIdentifier(name))

const plainNames: ReadonlySet<string> = new Set([
  'abs', 'avg', 'bool_and', 'bool_or', 'ceil', 'count', 'cume_dist', 'date_part', 'date_trunc', 'dense_rank',
  'first_value', 'floor', 'hash', 'lag', 'last_value', 'lead', 'length', 'lower', 'max', 'min', 'ntile',
  'percent_rank', 'rank', 'round', 'row_number', 'sqrt', 'stddev', 'strftime', 'sum', 'upper', 'year',
])
