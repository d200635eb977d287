/** The only package that loads DuckDB: it runs fragments, inspects files, and plans statements. */
export { createEngine } from './engine.js'
export { typeMetadataKey } from './write-result.js'
export { createPlanningInstance, type PlanningInstance } from './planning-instance.js'
