/** The statements of the matrix: a query with its work in the stage that is to be hurt, in four kinds of statement. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionContext } from '@arbalest/client'
import type { StageRecord } from '@arbalest/protocol'
import { answerDifference, type Answer } from '../../../bench/oracle/compare-answers.js'
import { openPlainDuckdb } from '../../../bench/oracle/plain-duckdb.js'

export const positions = ['leaf', 'middle', 'last'] as const
export type Position = (typeof positions)[number]

export const statementKinds = ['select', 'create table', 'insert', 'copy'] as const
export type StatementKind = (typeof statementKinds)[number]

/** The same rows for every position: hashes of long texts are work that no plan avoids and no filter drops. */
export function workQuery(position: Position | undefined): string {
  const times = { leaf: 1, middle: 1, last: 1, ...(position && { [position]: repetitions[position] }) }
  return `SELECT o_custkey, l_returnflag, count(*) AS n, sum(l_extendedprice) AS price, min(l_comment) AS comment
    FROM lineitem JOIN orders ON l_orderkey = o_orderkey
    WHERE md5(repeat(l_comment, ${times.leaf})) <> '' AND md5(repeat(l_comment || o_comment, ${times.middle})) <> ''
    GROUP BY ALL HAVING md5(repeat(min(l_comment), ${times.last})) <> ''`
}

/** About a second of work for each of three executors, with the copies of the data that the matrix has. */
const repetitions: Readonly<Record<Position, number>> = { leaf: 60, middle: 20, last: 2_000 }
export const dataCopies = 6

/** Where a stage of the query stands; the other scan, of `orders`, is nowhere. */
export function positionOf({ spec }: StageRecord): Position | undefined {
  if (['result', 'table', 'files'].includes(spec.output.kind)) return 'last'
  if (spec.inputs.some((input) => input.kind === 'scan' && input.table === 'lineitem')) return 'leaf'
  return spec.inputs.some(({ kind }) => kind === 'shuffle') ? 'middle' : undefined
}

/** What a statement has done: all of it, nothing, or anything else in words. */
export type Effect = 'whole' | 'none' | { readonly difference: string }

export interface Statement {
  readonly sql: string
  prepare(session: SessionContext): Promise<void>
  /** `answer` is what the statement itself was answered, if it was. */
  effect(session: SessionContext, answer: Answer | undefined, expected: Answer): Promise<Effect>
  /** Takes away what it has made. */
  remove(session: SessionContext): Promise<void>
}

const declaration = 'o_custkey BIGINT, l_returnflag VARCHAR, n BIGINT, price DECIMAL(38, 2), comment VARCHAR'
let made = 0

export function makeStatement(kind: StatementKind, position: Position, outputDir: string): Statement {
  const [query, name] = [workQuery(position), `made_${++made}`]
  switch (kind) {
    case 'select':
      return {
        sql: query,
        prepare: nothing,
        effect: async (_, answer, expected) => (answer === undefined ? 'none' : compared(answer, expected)),
        remove: nothing,
      }
    case 'create table':
      return tableStatement(`CREATE TABLE ${name} AS ${query}`, name, nothing)
    case 'insert':
      return tableStatement(`INSERT INTO ${name} ${query}`, name, async (session) => {
        await session.sql(`CREATE TABLE ${name} (${declaration})`)
      })
    case 'copy':
      return copyStatement(query, join(outputDir, name))
  }
}

const nothing = async (): Promise<void> => undefined

function tableStatement(sql: string, name: string, prepare: Statement['prepare']): Statement {
  return {
    sql,
    prepare,
    async effect(session, _, expected) {
      const { rows: tables } = await (await session.sql('SHOW TABLES')).collectText()
      if (!tables.some((row) => row.includes(name))) return 'none'
      const answer = await (await session.sql(`SELECT * FROM ${name}`)).collectText()
      return answer.rows.length === 0 ? 'none' : compared(answer, expected)
    },
    remove: async (session) => void (await session.sql(`DROP TABLE IF EXISTS ${name}`)),
  }
}

function copyStatement(query: string, target: string): Statement {
  return {
    sql: `COPY (${query}) TO '${target}' (FORMAT parquet, PER_THREAD_OUTPUT)`,
    prepare: nothing,
    async effect(_, __, expected) {
      const names = await readdir(target).catch(() => [])
      if (names.length === 0) return 'none'
      const files = names.map((file) => join(target, file))
      const duckdb = await openPlainDuckdb([{ name: 'copied', location: target, files }], 1)
      try {
        return compared(await duckdb.answer('SELECT * FROM copied'), expected)
      } finally {
        duckdb.close()
      }
    },
    remove: () => rm(target, { recursive: true, force: true }),
  }
}

function compared(answer: Answer, expected: Answer): Effect {
  const difference = answerDifference(answer, expected, false)
  return difference === undefined ? 'whole' : { difference }
}
