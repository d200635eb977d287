/** Wrong sizes for the planner: they may change how a query is divided, never its answer. */
import type { PreparedQuery, StageFacts } from '@arbalest/plan'

/** What the planner is told instead of the truth. */
export interface Lie {
  books(query: PreparedQuery): PreparedQuery
  tell(facts: StageFacts): StageFacts
}

const times = (facts: StageFacts, factor: number): StageFacts => {
  const scaled = (count: number) => Math.ceil(count * factor)
  return {
    rows: scaled(facts.rows),
    bytes: scaled(facts.bytes),
    partitionRows: facts.partitionRows.map(scaled),
    partitionBytes: facts.partitionBytes.map(scaled),
  }
}

/** Tables in turn large and small in the books. */
const unevenly = (query: PreparedQuery, large: number): PreparedQuery => ({
  ...query,
  sources: Object.fromEntries(
    Object.entries(query.sources).map(([id, source], index) => [
      id,
      source.rows <= 1000 ? source : { ...source, rows: index % 2 === large ? 2_000_000 : 2_000 },
    ]),
  ),
})

/** Large tables whose columns have two values each, so that whatever can be put together early is. */
const repetitive = (query: PreparedQuery): PreparedQuery => ({
  ...query,
  sources: Object.fromEntries(Object.entries(query.sources).map(([id, source]) => {
    const statistics = Object.fromEntries(source.columns.map(({ name }) => [name, { distinct: 2 }]))
    return [id, source.rows <= 1000 ? source : { ...source, rows: 2_000_000, statistics }]
  })),
})

/** Partitions of so many bytes that few rows are worth several tasks, dealt in another way each time. */
export const heavyPartitions = (facts: StageFacts): StageFacts => ({
  ...facts,
  partitionBytes: facts.partitionRows.map((rows, partition) => ((rows + partition * 7) % 5) * 2 ** 25),
})

const asItIs = <T>(value: T): T => value
export const lies: Readonly<Record<string, Lie>> = {
  'all stages gave a thousand times the rows': { books: asItIs, tell: (facts) => times(facts, 1000) },
  'all stages gave a thousandth of the rows': { books: asItIs, tell: (facts) => times(facts, 0.001) },
  'the first table is large': { books: (query) => unevenly(query, 0), tell: asItIs },
  'the second table is large': { books: (query) => unevenly(query, 1), tell: asItIs },
  'all tables are large and have few values': { books: repetitive, tell: asItIs },
  'the first table is large, and all stages gave more': {
    books: (query) => unevenly(query, 0),
    tell: (facts) => heavyPartitions(times(facts, 5000)),
  },
}
