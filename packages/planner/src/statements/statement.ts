/** What a statement is, once its text has been classified: a union with the facts of each kind. */

/** One to three identifiers: `[table]`, `[schema, table]`, `[catalog, schema, table]`. */
export type ObjectName = readonly string[]

/** A query that stands inside a statement. */
export interface InnerQuery {
  readonly sql: string
  /** Where the query begins in the statement's text: 0-based, in UTF-16 units. */
  readonly sqlStart: number
}

/** Anything that DuckDB serializes as SELECT; offsets into `sql` are offsets into the statement. */
export interface SelectStatement {
  readonly kind: 'select'
  readonly sql: string
}

/** A query with a PIVOT whose columns follow from the rows: the first one that reads no other such. */
export interface PivotStatement {
  readonly kind: 'pivot'
  readonly sql: string
  /** The table expressions that the table may name: WITH and what follows it, or nothing. */
  readonly before: string
  /** The table, as after FROM. */
  readonly source: string
  /** The expressions after ON whose values are not named. */
  readonly open: readonly TextPiece[]
}

export interface ExplainStatement extends InnerQuery {
  readonly kind: 'explain'
  readonly analyze: boolean
  readonly verbose: boolean
  readonly format: 'text' | 'json'
}

export type ExternalFormat = 'parquet' | 'csv' | 'json'

export interface CreateExternalTableStatement {
  readonly kind: 'create-external-table'
  readonly name: ObjectName
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  /** Declared columns with DuckDB's type text; undefined when they are read from the files. */
  readonly columns: readonly { readonly name: string; readonly type: string }[] | undefined
  readonly format: ExternalFormat
  readonly location: string
  readonly partitionedBy: readonly { readonly name: string; readonly type: string | undefined }[]
  /** Keys in lower case without a leading `format.`; the header clause is an option too. */
  readonly options: Readonly<Record<string, string>>
}

/** A piece of a statement's text, and where it begins there. */
export type TextPiece = InnerQuery

export interface ColumnDefinition {
  readonly name: string
  /** As written; undefined where a query gives it. */
  readonly type: TextPiece | undefined
  readonly notNull: boolean
  readonly defaultValue: TextPiece | undefined
}

export interface BucketColumn {
  readonly name: string
  /** UTF-16 offset in the statement. */
  readonly position: number
}

export interface CreateTableStatement {
  readonly kind: 'create-table'
  readonly name: ObjectName
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly temporary: boolean
  /** With a query: its columns' names, or none. */
  readonly columns: readonly ColumnDefinition[]
  readonly checks: readonly TextPiece[]
  /** `CLUSTERED BY (…) INTO n BUCKETS`. */
  readonly buckets: { readonly columns: readonly BucketColumn[]; readonly count: number } | undefined
  readonly query: TextPiece | undefined
  /** Whether the rows of the query are wanted, or its columns only. */
  readonly withData: boolean
}

/** Table expressions before a statement that writes: `WITH name AS (query), …`. */
export interface WithClause extends InnerQuery {
  readonly names: readonly string[]
  /** Where each of them ends in the text. */
  readonly ends: readonly number[]
}

export interface InsertStatement {
  readonly kind: 'insert'
  readonly with: WithClause | undefined
  readonly name: ObjectName
  readonly columns: readonly string[] | undefined
  readonly byName: boolean
  readonly source: InsertSource
}

export type InsertSource =
  | { readonly kind: 'defaults' }
  | { readonly kind: 'query'; readonly query: TextPiece }
  /** The rows are the whole of the query. */
  | { readonly kind: 'values'; readonly query: TextPiece; readonly rows: readonly (readonly TextPiece[])[] }

export interface DeleteStatement {
  readonly kind: 'delete'
  readonly with: WithClause | undefined
  readonly name: ObjectName
  readonly alias: string | undefined
  readonly using: TextPiece | undefined
  readonly where: TextPiece | undefined
}

/** `value` may be the word DEFAULT. */
export interface Assignment {
  readonly column: string
  readonly value: TextPiece
}

export interface UpdateStatement {
  readonly kind: 'update'
  readonly with: WithClause | undefined
  readonly name: ObjectName
  readonly alias: string | undefined
  readonly assignments: readonly Assignment[]
  readonly from: TextPiece | undefined
  readonly where: TextPiece | undefined
}

export interface TruncateStatement {
  readonly kind: 'truncate'
  readonly name: ObjectName
}

export interface AlterTableStatement {
  readonly kind: 'alter-table'
  readonly name: ObjectName
  readonly ifExists: boolean
  readonly change: TableChange
}

export type TableChange =
  | { readonly kind: 'rename-table'; readonly to: string }
  | { readonly kind: 'rename-column'; readonly column: string; readonly to: string }
  | { readonly kind: 'add-column'; readonly column: ColumnDefinition; readonly ifNotExists: boolean }
  | { readonly kind: 'drop-column'; readonly column: string; readonly ifExists: boolean }
  | { readonly kind: 'set-not-null'; readonly column: string; readonly notNull: boolean }
  | { readonly kind: 'set-default'; readonly column: string; readonly value: TextPiece | undefined }
  | {
      readonly kind: 'set-type'
      readonly column: string
      readonly type: TextPiece
      readonly using: TextPiece | undefined
    }

/** Options by name in lower case; an option without a value has none. */
export type CopyOptions = Readonly<Record<string, readonly string[]>>

export interface CopyToStatement {
  readonly kind: 'copy-to'
  /** Of a table: made of its name. */
  readonly query: TextPiece
  readonly path: string
  readonly options: CopyOptions
}

export interface CopyFromStatement {
  readonly kind: 'copy-from'
  readonly name: ObjectName
  readonly columns: readonly string[] | undefined
  readonly path: string
  readonly options: CopyOptions
}

export interface CreateViewStatement extends InnerQuery {
  readonly kind: 'create-view'
  readonly name: ObjectName
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  /** Whether only this session sees it. */
  readonly temporary: boolean
  readonly columns: readonly string[] | undefined
}

export interface DropStatement {
  readonly kind: 'drop'
  readonly object: 'table' | 'view'
  readonly name: ObjectName
  readonly ifExists: boolean
}

export interface CreateSchemaStatement {
  readonly kind: 'create-schema'
  /** `[schema]` or `[catalog, schema]`. */
  readonly name: ObjectName
  readonly ifNotExists: boolean
}

export interface DropSchemaStatement {
  readonly kind: 'drop-schema'
  readonly name: ObjectName
  readonly ifExists: boolean
  /** Whether what is in the schema goes with it. */
  readonly cascade: boolean
}

/** `USE s`: the schema in which the session's names are looked up first. */
export interface UseStatement {
  readonly kind: 'use'
  readonly name: ObjectName
}

/** A macro, which is put in place where it is called; `sql` is all that stands after its name. */
export interface CreateMacroStatement extends InnerQuery {
  readonly kind: 'create-macro'
  readonly name: ObjectName
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly temporary: boolean
  /** One for each list of parameters. */
  readonly definitions: readonly MacroDefinition[]
}

export interface MacroDefinition {
  readonly parameters: readonly MacroParameter[]
  /** Whether it gives a table. */
  readonly isTable: boolean
  /** An expression; a query where it gives a table. */
  readonly body: string
  /** Where the body begins in the statement's text. */
  readonly bodyStart: number
}

export interface MacroParameter {
  readonly name: string
  readonly type: string | undefined
  readonly defaultValue: string | undefined
}

/** `CREATE TYPE name AS type`; `sql` is the type, or with `isQuery` the query that gives the values of an ENUM. */
export interface CreateTypeStatement extends InnerQuery {
  readonly kind: 'create-type'
  readonly name: ObjectName
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly temporary: boolean
  readonly isQuery: boolean
}

export interface CreateSequenceStatement {
  readonly kind: 'create-sequence'
  readonly name: ObjectName
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly temporary: boolean
  readonly options: SequenceOptions
}

/** Whole numbers as text; what is undefined is as DuckDB has it. */
export interface SequenceOptions {
  readonly start: string | undefined
  readonly increment: string | undefined
  readonly minValue: string | undefined
  readonly maxValue: string | undefined
  /** Whether it begins again at its other bound when it has reached one. */
  readonly cycle: boolean
}

export interface DropDefinitionStatement {
  readonly kind: 'drop-definition'
  readonly object: 'macro' | 'type' | 'sequence'
  /** For macros, where it was said. */
  readonly isTable: boolean | undefined
  readonly name: ObjectName
  readonly ifExists: boolean
  readonly cascade: boolean
}

/** `PREPARE name AS statement`; `sql` is the statement, of whatever kind. */
export interface PrepareStatement extends InnerQuery {
  readonly kind: 'prepare'
  readonly name: string
}

/** `EXECUTE name(1, 2)` or `EXECUTE name(a := 1)`. */
export interface ExecuteStatement {
  readonly kind: 'execute'
  readonly name: string
  readonly arguments: readonly ExecuteArgument[]
}

export interface ExecuteArgument extends InnerQuery {
  /** Undefined for one that counts by its place. */
  readonly name: string | undefined
  /** Whether it is one plain constant. */
  readonly isLiteral: boolean
}

export interface DeallocateStatement {
  readonly kind: 'deallocate'
  /** Undefined for `DEALLOCATE ALL`. */
  readonly name: string | undefined
}

export type ShowStatement =
  | { readonly kind: 'show-tables'; readonly schema: string | undefined }
  | { readonly kind: 'show-columns'; readonly name: ObjectName }
  | { readonly kind: 'show-schemas' }
  | { readonly kind: 'show-all' }
  | { readonly kind: 'show-setting'; readonly name: string }

/** `ANALYZE`: counts the different values of columns; without a name of all tables. */
export interface AnalyzeStatement {
  readonly kind: 'analyze'
  readonly name: ObjectName | undefined
  readonly columns: readonly string[] | undefined
}

/** `DESCRIBE t`; a file named in quotes is a name of one part. */
export interface DescribeStatement {
  readonly kind: 'describe'
  readonly name: ObjectName
}

export interface DescribeQueryStatement extends InnerQuery {
  readonly kind: 'describe-query'
}

export interface SetStatement {
  readonly kind: 'set'
  /** Dotted, as written. */
  readonly name: string
  /** The value's text; of a quoted value what stands between the quotes. */
  readonly value: string
}

export interface ResetStatement {
  readonly kind: 'reset'
  /** Undefined for `RESET ALL`. */
  readonly name: string | undefined
}

export type Statement =
  | AlterTableStatement
  | AnalyzeStatement
  | DeleteStatement
  | TruncateStatement
  | UpdateStatement
  | SelectStatement
  | PivotStatement
  | ExplainStatement
  | CreateExternalTableStatement
  | CopyFromStatement
  | CopyToStatement
  | CreateTableStatement
  | CreateViewStatement
  | InsertStatement
  | DropStatement
  | CreateSchemaStatement
  | DropSchemaStatement
  | UseStatement
  | CreateMacroStatement
  | CreateTypeStatement
  | CreateSequenceStatement
  | DropDefinitionStatement
  | PrepareStatement
  | ExecuteStatement
  | DeallocateStatement
  | ShowStatement
  | DescribeStatement
  | DescribeQueryStatement
  | SetStatement
  | ResetStatement
