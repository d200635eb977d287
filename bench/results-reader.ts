/** The reading side of `results`, in a process of its own: what it holds is the client's alone. */
import { SessionContext } from '@arbalest/client'

/** What the reader is told: the statements to run, one after the other. */
export interface ReaderTask {
  readonly url: string
  readonly sql: string
}

export interface ReaderFigures {
  readonly rows: number
  readonly bytes: number
  readonly batches: number
  /** From the call to the first batch, and to the last. */
  readonly firstMs: number
  readonly totalMs: number
  readonly cpuSeconds: number
}

process.on('message', (task: ReaderTask) => {
  void read(task).then(
    (figures) => process.send?.({ kind: 'read', figures }),
    (error: unknown) => process.send?.({ kind: 'failed', reason: String(error) }),
  )
})

async function read({ url, sql }: ReaderTask): Promise<ReaderFigures> {
  const context = await SessionContext.remote(url)
  try {
    const before = process.cpuUsage()
    const start = performance.now()
    const frame = await context.sql(sql)
    let [rows, bytes, batches, firstMs] = [0, 0, 0, 0]
    for await (const batch of frame.stream()) {
      if (batches === 0) firstMs = performance.now() - start
      batches += 1
      rows += batch.numRows
      bytes += batch.data.byteLength
    }
    const used = process.cpuUsage(before)
    const totalMs = performance.now() - start
    return { rows, bytes, batches, firstMs, totalMs, cpuSeconds: (used.user + used.system) / 1e6 }
  } finally {
    await context.close()
  }
}
