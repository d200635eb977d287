/** One item of an `ORDER BY`. */
import type { SortOrder } from '@arbalest/plan'

/** `sql` is the rendered expression of the order. */
export const orderItem = (order: SortOrder, sql: string): string =>
  `${sql} ${order.descending ? 'DESC' : 'ASC'} NULLS ${order.nullsFirst ? 'FIRST' : 'LAST'}`
