// JSON as DuckDB writes it
export {
  isLongNumber,
  parseDuckdbJson,
  stringifyDuckdbJson,
  type DuckdbJson,
  type LongNumber,
} from './duckdb-json.js'

// statements: text -> statements, positions, syntax trees
export { caretExcerpt } from './statements/caret-excerpt.js'
export { classifyStatement } from './statements/classify-statement.js'
export { utf16Offset, utf16OffsetOfCodePoint } from './statements/error-position.js'
export { readDynamicPivot } from './statements/grammar/pivot.js'
export { fillParameters, parametersOf } from './statements/parameters.js'
export { nextToken } from './statements/lexer.js'
export { nearestWord } from './statements/nearest-word.js'
export {
  dialectEdits,
  dialectFunctions,
  dialectRenames,
  type DialectFunction,
} from './statements/dialect-functions.js'
export { systemNameEdits } from './statements/system-names.js'
export { editText, type EditedText, type TextEdit } from './statements/text-edits.js'
export { splitStatements, type StatementText } from './statements/split-statements.js'
export type {
  AlterTableStatement,
  AnalyzeStatement,
  ColumnDefinition,
  CopyFromStatement,
  CopyOptions,
  CopyToStatement,
  CreateExternalTableStatement,
  CreateMacroStatement,
  CreateSchemaStatement,
  CreateSequenceStatement,
  CreateTypeStatement,
  CreateTableStatement,
  CreateViewStatement,
  DeallocateStatement,
  DeleteStatement,
  DescribeQueryStatement,
  DescribeStatement,
  DropDefinitionStatement,
  DropSchemaStatement,
  DropStatement,
  ExecuteArgument,
  ExecuteStatement,
  ExplainStatement,
  ExternalFormat,
  InnerQuery,
  InsertSource,
  InsertStatement,
  MacroDefinition,
  MacroParameter,
  ObjectName,
  PivotStatement,
  PrepareStatement,
  ResetStatement,
  SelectStatement,
  SequenceOptions,
  SetStatement,
  ShowStatement,
  Statement,
  TableChange,
  TextPiece,
  TruncateStatement,
  UpdateStatement,
  UseStatement,
  WithClause,
} from './statements/statement.js'
export {
  allowedTableFunctions,
  checkFunctions,
  deniedFunctions,
} from './statements/syntax-tree/check-functions.js'
export { columnNameJsons, withColumnNames } from './statements/syntax-tree/column-names.js'
export { outputNames } from './statements/syntax-tree/output-names.js'
export {
  functionsOf,
  renameDefinitions,
  typesOf,
  type DefinitionName,
} from './statements/syntax-tree/definition-names.js'
export { renameSequences, sequencesOf, type SequenceName } from './statements/syntax-tree/sequence-calls.js'
export type { FileFunction } from './statements/syntax-tree/file-function.js'
export { withIntegerDivision } from './statements/syntax-tree/integer-division.js'
export { withDefaultOrders, type DefaultOrders } from './statements/syntax-tree/default-orders.js'
export { asksForSchema, withSchemaName } from './statements/syntax-tree/session-schema.js'
export { isTimeless } from './statements/syntax-tree/is-timeless.js'
export {
  innerSelects, selectAlone, withTableInstead, type SelectPlace,
} from './statements/syntax-tree/inner-selects.js'
export { withLambdaKeywords } from './statements/syntax-tree/lambda-parameters.js'
export { isSingleSelect } from './statements/syntax-tree/is-single-select.js'
export { refuseInputs } from './statements/syntax-tree/refuse-inputs.js'
export { refuseRecursiveAsof } from './statements/syntax-tree/refuse-recursive-asof.js'
export {
  rewriteTables,
  type Replacement,
  type ResolveTable,
} from './statements/syntax-tree/rewrite-tables.js'
export {
  readSyntaxTree,
  writeSyntaxTree,
  type SyntaxTree,
} from './statements/syntax-tree/syntax-tree.js'
export type { TableReference } from './statements/syntax-tree/table-reference.js'
export { updatedFields } from './statements/syntax-tree/updated-fields.js'
export { tablesOf } from './statements/syntax-tree/tables-of.js'

// render: plan -> DuckDB SQL
export { partitionExpression, partitionHashVersion } from './render/partition-expression.js'
export { renderExpr, renderOrders, type ColumnSql } from './render/render-expression.js'
export { renderSelect } from './render/render-plan.js'
export type { Leaf, RenderOptions } from './render/select-builder.js'

// read: DuckDB's plan JSON -> logical plan
export { readPlan } from './read/read-plan.js'
export type { ReadContext, ScanSource } from './read/read-state.js'
export { UnreadablePlan } from './read/unreadable-plan.js'

// optimize: logical plan -> logical plan
export { optimize, type PassReport } from './optimize/optimizer.js'

// physical, stages: what remains of a plan -> stages that can run now; EXPLAIN
export { assumeStages, type AssumedPlan } from './explain/assume-stages.js'
export { explainLines, type ExplainedPlan, type StageOutcome } from './explain/explain-stages.js'
export { reasonForWhole } from './physical/choose-mode.js'
export { oneTaskParts, wholeParts } from './undivided.js'
export { unfold, type UnfoldFacts } from './unfold.js'
