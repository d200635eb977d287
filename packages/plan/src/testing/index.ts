/** Plans and expressions by hand, for tests of this package and of others. */
export {
  aggregateOf,
  ascending,
  callOf,
  compare,
  constantOf,
  countRows,
  descending,
  integerConstant,
  maxOf,
  minOf,
  nullConstant,
  textConstant,
  windowOf,
} from './expr-builder.js'
export { columnRef, planBuilder, type JoinParts } from './plan-builder.js'
export { typeSamples, type TypeSample } from './type-samples.js'
