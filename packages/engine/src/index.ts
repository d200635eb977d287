/** The only package that loads DuckDB: it runs fragments, inspects files, and plans statements. */
export { createEngine } from './engine.js'
export {
  createPlanningInstance,
  searchPath,
  type CatalogName,
  type DeclaredTable,
  type PlanningInstance,
  type PlanningSettings,
} from './planning-instance.js'
export { typeMetadataKey } from './write-result.js'
