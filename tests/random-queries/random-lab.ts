/** Runs random queries on plain DuckDB and through the planner's stages, on tables that a seed gives. */
import { answerDifference, type Answer } from '../../bench/oracle/compare-answers.js'
import { heavyPartitions, lies } from '../unfold/lies.js'
import type { UnfoldedRun } from '../unfold/run-unfolded.js'
import { unfoldDatabase, type UnfoldDatabase } from '../unfold/unfold-database.js'
import { listedChoices, seededChoices } from './random-choices.js'
import { randomQuery, type RandomQuery } from './random-query.js'
import { randomTables, type RandomTable } from './random-tables.js'
import { shrinkChoices } from './shrink-choices.js'
import { writeRandomTable } from './write-random-table.js'

/** So many different sets of tables; the seed of a query says which is its own. */
const tableSets = 8
/** Larger answers are not compared: text of so many rows takes longer than the query. */
const answerRowsMax = 20_000
const shrinkAttemptsMax = 250

export interface Outcome {
  readonly seed: number
  readonly sql: string
  readonly kind: 'equal' | 'both failed' | 'too large' | 'different'
  /** What differs, and at last the query made smaller. */
  readonly difference: string | undefined
  readonly mode: 'distributed' | 'whole' | undefined
  /** Rows of the answer. */
  readonly rows: number
}

export interface RandomLab {
  run(seed: number): Promise<Outcome>
  close(): Promise<void>
}

interface LabTables {
  readonly tables: readonly RandomTable[]
  readonly database: UnfoldDatabase
}

export function randomLab(): RandomLab {
  const open = new Map<number, Promise<LabTables>>()
  const tablesOf = (seed: number) => {
    const number = seed % tableSets
    const known = open.get(number) ?? openTables(number)
    open.set(number, known)
    return known
  }
  const compareOne = async (query: RandomQuery, seed: number): Promise<Outcome> => {
    const { database } = await tablesOf(seed)
    const outcome = await compare(database, query, seed)
    // A DuckDB that met a bug of its own answers nothing any more.
    if (outcome.kind !== 'equal' && (await attempt(() => database.answer('SELECT 1'))).run === undefined) {
      open.delete(seed % tableSets)
      await database.close()
    }
    return outcome
  }
  return {
    async run(seed) {
      const { tables } = await tablesOf(seed)
      const choices = seededChoices(seed)
      const outcome = await compareOne(randomQuery(choices, tables), seed)
      if (outcome.kind !== 'different') return outcome
      const fails = async (list: readonly number[]) =>
        (await compareOne(randomQuery(listedChoices(list), tables), seed)).kind === 'different'
      const smaller = await shrinkChoices(choices.taken, fails, shrinkAttemptsMax)
      const least = await compareOne(randomQuery(listedChoices(smaller), tables), seed)
      const difference = `${outcome.difference ?? ''}\nsmaller:\n${least.sql}\n${least.difference ?? ''}`
      return { ...outcome, difference }
    },
    async close() {
      for (const tables of open.values()) await (await tables).database.close()
    },
  }
}

async function openTables(number: number): Promise<LabTables> {
  const database = await unfoldDatabase()
  const tables = randomTables(seededChoices(number))
  for (const table of tables) await writeRandomTable(database, table)
  return { tables, database }
}

async function compare(database: UnfoldDatabase, { sql, ordered }: RandomQuery, seed: number): Promise<Outcome> {
  const [right, ours] = [await attempt(() => database.answer(sql)), await attempt(() => runStages(database, sql, seed))]
  const { run } = ours
  const mode = run === undefined ? undefined : run.stages.some(({ key }) => key === 'whole') ? 'whole' : 'distributed'
  const outcome = { seed, sql, mode, rows: right.run?.rows.length ?? 0, difference: undefined } as const
  if (right.run === undefined && run === undefined) return { ...outcome, kind: 'both failed', difference: right.error }
  if (outcome.rows > answerRowsMax) return { ...outcome, kind: 'too large' }
  const difference = differenceOf(run?.answer, ours.error, right.run, right.error, ordered)
  if (difference === undefined) return { ...outcome, kind: 'equal' }
  const stages = run?.stages.map((stage) => `-- ${stage.stageId} ${stage.key}\n${stage.sql}`).join('\n') ?? ''
  return { ...outcome, kind: 'different', difference: `${difference}\n${stages}` }
}

function differenceOf(
  answer: Answer | undefined,
  error: string | undefined,
  right: Answer | undefined,
  rightError: string | undefined,
  ordered: boolean,
): string | undefined {
  if (answer === undefined || right === undefined) {
    return `${error ?? 'an answer'} where DuckDB has ${rightError ?? 'an answer'}`
  }
  return answerDifference(answer, right, ordered)
}

async function attempt<T>(work: () => Promise<T>): Promise<{ readonly run?: T; readonly error?: string }> {
  try {
    return { run: await work() }
  } catch (error) {
    return { error: String(error) }
  }
}

/** The seed also says how many executors there are, and what the planner is told of sizes. */
async function runStages(database: UnfoldDatabase, sql: string, seed: number): Promise<UnfoldedRun> {
  const finishLocally = Math.floor(seed / 3) % 3 === 0
  const distribute = seed % 16 === 7 ? 'never' : 'always'
  const query = await database.prepare(sql, { finishLocally, distribute })
  const executors = [2, 3, 5][seed % 3]!
  const told = [{ books: (it: typeof query) => it, tell: heavyPartitions }, ...Object.values(lies)]
  const { books, tell } = told[Math.floor(seed / 9) % told.length]!
  return database.run(books(query), { executors, tell, choose: (running) => (seed * 7) % running })
}
