/** DESCRIBE of a query: DuckDB itself tells which columns keep what their tables declare. */
import { present } from '@arbalest/common'
import type { DeclaredTable } from '@arbalest/engine'
import type { ColumnConstraint, ConstrainedTable, PrepareRequest } from './planner.js'
import { keyOf, knownPath, type PlannerState } from './planner-state.js'
import { replaceFiles } from './prepare-text.js'
import { wholeForm } from './whole-form.js'

/** @throws QueryError as for a query */
export async function columnConstraints(
  state: PlannerState,
  request: PrepareRequest,
  tables: readonly ConstrainedTable[],
): Promise<readonly ColumnConstraint[]> {
  const sql = await replaceFiles(state, request.sql, request.files)
  const path = knownPath(state, request.searchPath ?? [])
  const { sql: text, inputs, names, prelude = [] } = await wholeForm(state, sql, path)
  const known = new Map(tables.map((table) => [keyOf(table.name.schema, table.name.name), table.columns]))
  /** A default may ask what is not there: a number in an expression that is never computed stands for it. */
  const defaults: string[] = []
  const declared = inputs.map(({ name, columns }, at): DeclaredTable => {
    const { schema, name: table } = present(names[at], 'every input has a name')
    const constraints = known.get(keyOf(schema, table))
    return {
      name,
      columns: columns.map((column, index) => {
        const { notNull = false, defaultText } = constraints?.[index] ?? {}
        const marker = defaultText === undefined ? undefined : `error('${defaults.push(defaultText) - 1}')`
        return { ...column, notNull, defaultValue: marker }
      }),
    }
  })
  const rows = await state.instance.constraints(text, declared, prelude)
  return rows.map(([nullable, marker]) => {
    const [, number] = /'(\d+)'/.exec(marker ?? '') ?? []
    return { notNull: nullable === 'NO', defaultText: number === undefined ? undefined : defaults[Number(number)] }
  })
}
