export { arraysAsLists, hasArray } from './arrays-as-lists.js'
export { castSql, hasUnnamedFields, nullSql, rowSql } from './cast-sql.js'
export { decodeColumn, encodeColumn, isStorable, isStoredAsIs, storedType } from './edge-codec.js'
export type {
  EngineAttempt,
  EngineInfo,
  EngineOptions,
  EngineOutput,
  EnginePort,
  LocalInput,
} from './engine-port.js'
export type {
  AggregateCall,
  Between,
  Case,
  Cast,
  ColumnRef,
  Comparison,
  ComparisonOperator,
  Conjunction,
  Constant,
  ConstantValue,
  Expr,
  FrameBound,
  FunctionCall,
  Lambda,
  Operator,
  Parameter,
  SortOrder,
  WindowCall,
} from './expr.js'
export { inputViewSql, sliceViewSql } from './input-view.js'
export type { InspectReply, InspectRequest } from './inspect.js'
export type {
  Aggregate,
  ComputedLimit,
  Cte,
  CteScan,
  DelimScan,
  Distinct,
  Filter,
  FinalAggregate,
  Join,
  JoinCondition,
  JoinType,
  KeySample,
  Limit,
  LogicalOperator,
  OtherRanges,
  PartialAggregate,
  PhysicalOperator,
  Pick,
  Plan,
  PositionalJoin,
  Project,
  RangeNumber,
  RecursiveCte,
  SelectPart,
  WholeSelect,
  ReplicatedScan,
  Sample,
  Scan,
  ScanColumn,
  SetOperation,
  ShuffleRead,
  Sort,
  TableFunction,
  Unnest,
  Values,
  ValueDivision,
  Window,
} from './plan.js'
export type { ClusterFacts, Decision, FirstStep, PreparedQuery, UnfoldStep, WriteTarget } from './prepared-query.js'
export type {
  AttemptInput,
  AttemptMetrics,
  AttemptReport,
  AttemptSpec,
  CommittedFile,
  ExchangeKind,
  FileLayout,
  PublishedStage,
  ScanInput,
  ShuffleInput,
  ShufflePiece,
  StageFacts,
  StageInput,
  StageOutput,
  StageSpec,
  TaskSpec,
  TaskSplit,
} from './stage.js'
export { isLastOutput } from './stage.js'
export {
  decodeCounts, decodeSegments, encodeCounts, encodeSegments, rangesOf, type FileRange, type FileSegment,
} from './row-group-index.js'
export { updateFunction } from './struct-update.js'
export { outputFileName, tableFileName } from './table-file-name.js'
export type {
  Buckets,
  ColumnStatistics,
  FileFormat,
  FileIdentity,
  FileSplit,
  KeptValues,
  ReaderOptions,
  RowGroupRanges,
  SourceFile,
  TableSource,
} from './table-source.js'

export { areDisjoint, clusteredColumns, type RangesOfFile } from './clustered-columns.js'

// walks over plans and expressions
export { childrenOf, maxId, operatorsOf, transformUp, withChildren } from './walk.js'
export {
  childExprs,
  columnsUsed,
  mapColumns,
  someExpr,
  transformExpr,
  typeOf,
  withChildExprs,
} from './walk-expressions.js'
export { exprsOf, mapExprs, scopedExprsOf, type ExprScope, type ScopedExpr } from './walk-operator-exprs.js'
export { inputNeeds, type InputNeed } from './input-needs.js'
export { rangeKeyOf, sortKeyOf, type RangeKey } from './range-key.js'

// plans as text
export { decodePreparedQuery, encodePreparedQuery } from './encode.js'

// laws of plans
export { checkPlan, type PlanPhase } from './check/check-plan.js'

// plans for people
export { isoDateOf, isoTimestampOf, timestampDigits } from './calendar.js'
export { printExpr, type ColumnNames } from './print-expression.js'
export { printPlan, type PrintOptions } from './print.js'

// the cluster as the planner sees it
export { clusterFactsOf, sameCluster, type ClusterMember, type Machine } from './cluster-facts.js'
