import { expect, test } from 'vitest'
import { createExternalTableSql } from './register-table.js'

const table = { name: 'my "t"', path: "it's/*.csv", format: 'CSV' as const }

test('names, paths and values are quoted', () => {
  expect(createExternalTableSql(table, {})).toBe(
    `CREATE EXTERNAL TABLE "my ""t""" STORED AS CSV LOCATION 'it''s/*.csv'`,
  )
  expect(
    createExternalTableSql(table, {
      replace: true,
      columns: [{ name: 'a', type: 'DECIMAL(9,2)' }],
      partitionedBy: ['y'],
      options: { has_header: true, delimiter: "'" },
    }),
  ).toBe(
    `CREATE OR REPLACE EXTERNAL TABLE "my ""t""" ("a" DECIMAL(9,2)) STORED AS CSV PARTITIONED BY ("y") ` +
      `LOCATION 'it''s/*.csv' OPTIONS ('has_header' 'true', 'delimiter' '''')`,
  )
  expect(createExternalTableSql(table, { ifNotExists: true })).toContain('TABLE IF NOT EXISTS "my')
  expect(() => createExternalTableSql(table, { ifNotExists: true, replace: true })).toThrow()
})
