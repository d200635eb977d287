/** What the reader carries down the tree: where it is, and what the names in sight mean. */
import { limits, type Column, type DataType } from '@arbalest/common'
import { unreadable } from './unreadable-plan.js'

/** What the reader must know from outside the plan. */
export interface ReadContext {
  /** The table whose stub file is read at `stubPath`. */
  scanSource(stubPath: string): ScanSource | undefined
  /** The fields that calls of `struct_update` write, where all of them are in the query's own text. */
  readonly updatedFields?: readonly (readonly string[])[]
}

export interface ScanSource {
  readonly source: string
  readonly table: string
  /** All columns of the table with the catalog's types. */
  readonly columns: readonly Column[]
}

export interface DelimScope { readonly id: number; readonly types: readonly DataType[] }

export class ReadState {
  readonly context: ReadContext
  /** Types of the materialized CTEs by DuckDB's number. */
  readonly ctes = new Map<number, readonly DataType[]>()
  /** The decorrelated joins around the current operator, the nearest last. */
  readonly delims: DelimScope[] = []
  private lastId = 0
  private lastParameter = 0
  private depth = 0

  constructor(context: ReadContext) {
    this.context = context
  }

  nextId(): number {
    this.lastId += 1
    return this.lastId
  }

  /** A name for a parameter of a lambda that no other one has. */
  nextParameter(): string {
    this.lastParameter += 1
    return `x${this.lastParameter}`
  }

  /** One level deeper; refuses what nests deeper than `planNestingMax`. To be followed by `leave`. */
  enter(): void {
    this.depth += 1
    if (this.depth > limits.planNestingMax) return unreadable(`nesting deeper than ${limits.planNestingMax}`)
  }

  leave(): void {
    this.depth -= 1
  }
}
