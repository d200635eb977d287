export { assert, AssertionFailed, assertNever, present } from './assert.js'
export type { Clock } from './clock.js'
export {
  bigintType,
  booleanType,
  decimalType,
  doubleType,
  hugeintType,
  integerType,
  isInteger,
  printType,
  quoteIdentifier,
  quoteLiteral,
  sameType,
  simpleType,
  typeToSql,
  varcharType,
  type ArrayType,
  type Column,
  type DataType,
  type DecimalType,
  type EnumType,
  type ListType,
  type MapType,
  type SimpleType,
  type SimpleTypeName,
  type StructType,
  type TypeField,
  type UnionType,
} from './data-type.js'
export { catalogName, defaultSchema, dialectSchema, informationSchema, temporaryPrefix } from './catalog-name.js'
export { connectionSettings, textSettings } from './duckdb-settings.js'
export {
  errorCodes,
  type ErrorCategory,
  type ErrorCode,
  type ErrorDefinition,
  type RetryClass,
} from './error-codes.js'
export {
  attemptId,
  idFromBytes,
  parseAttemptId,
  parseExecutorId,
  parseJobId,
  parseSessionId,
  parseStageId,
  type AttemptId,
  type AttemptParts,
  type ExecutorId,
  type JobId,
  type SessionId,
  type StageId,
} from './ids.js'
export * as limits from './limits.js'
export { parseDataType } from './parse-data-type.js'
export {
  asQueryError,
  QueryError,
  queryError,
  queryErrorFromWire,
  type ErrorFields,
  type WireError,
} from './query-error.js'
export {
  defaultSettings,
  settingDefinitions,
  type DistributeMode,
  type SessionSettings,
  type SettingDefinition,
} from './session-settings.js'
export { utf16OffsetOfByte, utf16OffsetOfCodePoint } from './text-offset.js'
export { typeName } from './type-name.js'
export { duckdbVersion, version } from './version.js'
