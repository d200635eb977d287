/**
 * The planner as the front sees it: names and text in, prepared queries and stages out. In process or
 * behind a child process, the answers are the same.
 */
import type { Column, SessionSettings } from '@arbalest/common'
import type { ClusterFacts, FirstStep, TableSource, UnfoldStep } from '@arbalest/plan'
import type { DefinitionName, ExplainedPlan, MacroDefinition, SequenceName, UnfoldFacts } from '@arbalest/planner'

/** A name in the catalog; both parts as the user first wrote them. */
export interface QualifiedName {
  readonly schema: string
  readonly name: string
}

export interface PlannedTable {
  readonly name: QualifiedName
  /** Changes whenever the files do. */
  readonly version: string
  readonly source: TableSource
}

export interface PlannedMacro {
  readonly name: QualifiedName
  /** All that stands after the name in CREATE MACRO. */
  readonly text: string
  readonly definitions: readonly MacroDefinition[]
}

/** What a query names, before it is planned. */
export interface QueryReferences {
  /** Functions that it calls, DuckDB's own among them. */
  readonly functions: readonly DefinitionName[]
  /** Types that DuckDB does not have of itself. */
  readonly types: readonly DefinitionName[]
  readonly tables: readonly TableName[]
  readonly files: readonly FileReference[]
  readonly sequences: readonly SequenceName[]
}

/** A table as the query names it, and where. */
export interface TableName {
  readonly catalog: string | undefined
  readonly schema: string | undefined
  readonly name: string
  readonly position: number | undefined
}

/** Files read by name in the query: `FROM 'x/*.parquet'` or `read_csv('x.csv', delim = '|')`. */
export interface FileReference {
  readonly format: 'parquet' | 'csv' | 'json'
  readonly paths: readonly string[]
  readonly options: Readonly<Record<string, string>>
  readonly position: number | undefined
}

/** The table that stands for files named in a query. */
export interface FileTable {
  readonly reference: FileReference
  readonly table: QualifiedName
}

export interface PrepareRequest {
  readonly sql: string
  /** Tables that were registered for the query's file references. */
  readonly files: readonly FileTable[]
  readonly settings: SessionSettings
  /** The schemas in which names without one are looked up; only `main` unless given. */
  readonly searchPath?: readonly string[]
  readonly textResult: boolean
  /** The cluster that the query will probably run on: its first step is planned at once. */
  readonly cluster: ClusterFacts | undefined
}

/** A text that may have parameters. */
export interface CheckRequest {
  readonly sql: string
  readonly settings: SessionSettings
  readonly searchPath: readonly string[]
}

export interface PreparedText {
  /** The encoded `PreparedQuery`. */
  readonly prepared: string
  readonly columns: readonly Column[]
  /** The sequences that it asks: they are to be made before it, as they are then. */
  readonly sequences: readonly UsedSequence[]
  /** Whether the same request over the same tables gives the same later. */
  readonly timeless: boolean
  readonly firstStep: FirstStep | undefined
  /** Whether its steps take so little time that any process may plan them. */
  readonly light: boolean
}

export interface ColumnConstraint {
  readonly notNull: boolean
  /** As people wrote it. */
  readonly defaultText: string | undefined
}

/** What is declared of a table's columns, by position. */
export interface ConstrainedTable {
  readonly name: QualifiedName
  readonly columns: readonly ColumnConstraint[]
}

/** A sequence of the catalog, and what the text calls it. */
export interface UsedSequence {
  readonly name: QualifiedName
  readonly alias: string
}

/** A query as it would run on estimated sizes. */
export interface ExplainedQuery {
  readonly plan: ExplainedPlan
  /** The logical plan, one operator a line; undefined where there is none to distribute. */
  readonly logicalPlan: string | undefined
}

export interface Planner {
  putTable(table: PlannedTable): Promise<void>
  dropTable(name: QualifiedName): Promise<void>
  /** `sql` is bound at once. @throws QueryError as for a query */
  putView(name: QualifiedName, columns: readonly string[] | undefined, sql: string): Promise<void>
  dropView(name: QualifiedName): Promise<void>
  /** @throws QueryError as for a query, with a place in its text; BINDER_ERROR for names of DuckDB's functions */
  putMacro(macro: PlannedMacro): Promise<void>
  dropMacro(name: QualifiedName): Promise<void>
  /** `type` is a type of DuckDB, written out. */
  putType(name: QualifiedName, type: string): Promise<void>
  dropType(name: QualifiedName): Promise<void>
  /** `options` are those of CREATE SEQUENCE. @throws QueryError SYNTAX_ERROR where they contradict each other */
  putSequence(name: QualifiedName, options: string): Promise<void>
  dropSequence(name: QualifiedName): Promise<void>
  /** @throws QueryError SYNTAX_ERROR, NOT_ALLOWED */
  references(sql: string): Promise<QueryReferences>
  /** The text with its file references replaced by tables, and with what the session's settings make it mean. */
  withFileTables(sql: string, files: readonly FileTable[], settings: SessionSettings): Promise<string>
  /** @throws QueryError with a position in `sql` */
  prepare(request: PrepareRequest): Promise<PreparedText>
  /** Binds a query without a plan of it. @throws QueryError with a position in `sql` */
  check(request: CheckRequest): Promise<void>
  /**
   * What the query's columns take over from columns of tables, as DuckDB's DESCRIBE tells it.
   * @throws QueryError as for a query
   */
  constraints(request: PrepareRequest, tables: readonly ConstrainedTable[]): Promise<readonly ColumnConstraint[]>
  /** The columns of a query over `main`. @throws QueryError */
  columns(sql: string): Promise<readonly Column[]>
  /** The type that a balanced text names, written out. @throws QueryError with a position in the text */
  typeOf(type: string, searchPath: readonly string[]): Promise<string>
  /** Computes an expression that reads nothing, as SQL of a constant. @throws QueryError */
  constant(expression: string, settings: SessionSettings): Promise<string>
  /**
   * Computes a query that reads no table into a Parquet file on this machine, which the caller takes away.
   * @throws QueryError what the query throws
   */
  writeRows(sql: string, settings: SessionSettings): Promise<string>
  unfold(prepared: string, facts: UnfoldFacts): Promise<UnfoldStep>
  explain(prepared: string, cluster: ClusterFacts): Promise<ExplainedQuery>
  /** Whether statements can be planned now. */
  isUp(): boolean
  close(): Promise<void>
}
