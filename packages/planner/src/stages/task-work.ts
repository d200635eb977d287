/** How much work rows are for a task, and how many tasks an amount of work is worth. */

/** What a row costs beside its bytes: files are encoded so well that bytes alone tell little. */
const bytesOfRow = 16

/**
 * Below so much work a task costs more than it shares: it takes about 4 ms to place, open and commit,
 * and a thread takes 20 to 40 ms for this.
 */
const workPerTask = 4 * 1024 * 1024

/** Work of reading rows that lie in so many bytes, counted in bytes. */
export const workOf = (rows: number, bytes: number): number => bytes + rows * bytesOfRow

/** From 1 to `tasksMax`. */
export const tasksFor = (work: number, tasksMax: number): number =>
  Math.max(1, Math.min(tasksMax, Math.ceil(work / workPerTask)))
