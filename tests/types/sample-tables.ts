/**
 * For each type a table of rows `(id, v)` whose values are the samples in turn: in the cluster as Parquet
 * with declared columns or as a view that computes them, and in one plain DuckDB as it is.
 */
import { join } from 'node:path'
import {
  assertNever, parseDataType, quoteLiteral, simpleType, typeToSql, varcharType, type DataType,
} from '@arbalest/common'
import type { SessionContext } from '@arbalest/client'
import type { DuckDBConnection } from '@duckdb/node-api'
import { decodeColumn, encodeColumn, isStoredAsIs, storedType } from '@arbalest/plan'
import type { TypeSample } from '../../packages/plan/src/testing/type-samples.js'

/** So many that a table is divided. */
const sampleRows = 1_200

export interface SampleTable {
  readonly name: string
  readonly sample: TypeSample
}

/** Makes the table in the clusters and in the oracle. */
export async function makeSampleTable(
  { name, sample }: SampleTable,
  parts: {
    readonly oracle: DuckDBConnection
    readonly sessions: readonly SessionContext[]
    readonly directory: string
  },
): Promise<void> {
  const { oracle, sessions, directory } = parts
  const { type, values } = sample
  const file = join(directory, `${name}.parquet`)
  const all = ['NULL', ...values].map((value, at) => `(${at}, (${value})::${type})`)
  await oracle.run(
    `CREATE TABLE ${name} AS SELECT id, v FROM range(${sampleRows}) r(id)
     JOIN (VALUES ${all.join(', ')}) s(k, v) ON id % ${all.length} = k ORDER BY id`,
  )
  const write = (columns: string) =>
    oracle.run(
      `COPY (SELECT id, ${columns} FROM ${name} ORDER BY id) TO ${quoteLiteral(file)} (FORMAT parquet)`,
    )
  const run = (sql: string) => Promise.all(sessions.map((session) => session.sql(sql)))
  const register = (columns: string) => run(
    `CREATE EXTERNAL TABLE ${name}_file (id BIGINT, ${columns})
     STORED AS PARQUET LOCATION ${quoteLiteral(file)}`,
  )
  const viewOf = (value: string) =>
    run(`CREATE VIEW ${name} AS SELECT id, ${value} AS v FROM ${name}_file`)
  const parsed = parseDataType(type)
  const computed = computedValues[type]
  if (computed !== undefined) {
    await write(`id % 8 AS k`)
    await register('k BIGINT')
    await viewOf(computed)
    await oracle.run(`CREATE OR REPLACE TABLE ${name} AS SELECT id, ${computed} AS v
      FROM (SELECT id, id % 8 AS k FROM range(${sampleRows}) r(id))`)
  } else if (needsComputing(parsed)) {
    await write(`${encodeColumn('v', parsed)} AS v`)
    await register(`v ${typeToSql(storedType(parsed))}`)
    await viewOf(decodeColumn('v', parsed))
  } else {
    await write(`v::${typeToSql(looseType(parsed))} AS v`)
    await register(`v ${type}`)
    await viewOf('v')
  }
}

const nestedUnion = 'UNION(h HUGEINT, u UNION(x INTERVAL, y BIT), l STRUCT(a HUGEINT)[])'
const unionList = 'UNION(i INTEGER, s VARCHAR)[]'

/** Values of types that no file gives without lambdas, which keep a query whole: from `k`, 0 to 7. */
const computedValues: Readonly<Record<string, string>> = {
  '"NULL"': 'NULL',
  VARIANT: `CASE k
    WHEN 1 THEN k::VARIANT
    WHEN 2 THEN (k || 'x')::VARIANT
    WHEN 3 THEN {'a': [k, NULL]}::VARIANT END`,
  [nestedUnion]: `CASE k
    WHEN 1 THEN union_value(h := -k::HUGEINT)::${nestedUnion}
    WHEN 2 THEN union_value(u := union_value(y := k::BIT))::${nestedUnion}
    WHEN 3 THEN union_value(u := union_value(x := to_days(-k::INTEGER)))::${nestedUnion}
    WHEN 4 THEN union_value(l := [{'a': -k::HUGEINT}, NULL])::${nestedUnion}
    WHEN 5 THEN union_value(h := nullif(k, 5)::HUGEINT)::${nestedUnion} END`,
  [unionList]: `CASE k
    WHEN 1 THEN [union_value(i := k::INTEGER), NULL]::${unionList}
    WHEN 2 THEN [union_value(s := k || 'x')]::${unionList}
    WHEN 3 THEN []::${unionList} END`,
}

/** Types without a text or a cast that gives all of their values back. */
function needsComputing(type: DataType): boolean {
  switch (type.kind) {
    case 'simple': return type.name === 'INTERVAL'
    case 'decimal': case 'enum': return false
    case 'union': return true
    case 'list': case 'array': return needsComputing(type.child) && type.child.kind !== 'simple'
    case 'struct': return type.fields.some((field) => field.type.kind !== 'simple' && needsComputing(field.type))
    case 'map': return needsComputing(type.value) && type.value.kind === 'union'
  }
  return assertNever(type)
}

/** What Parquet keeps and DuckDB casts to the type: text for the types that Parquet would lose. */
function looseType(type: DataType): DataType {
  switch (type.kind) {
    case 'simple':
      if (isStoredAsIs(type)) return type
      return type.name.startsWith('TIMESTAMP') ? simpleType('TIMESTAMP') : varcharType
    case 'decimal': return type
    case 'enum': case 'union': return varcharType
    case 'list': case 'array': return { kind: 'list', child: looseType(type.child) }
    case 'struct':
      return {
        kind: 'struct',
        fields: type.fields.map(({ name, type: field }) => ({ name, type: looseType(field) })),
      }
    case 'map': return { kind: 'map', key: looseType(type.key), value: looseType(type.value) }
  }
  return assertNever(type)
}
