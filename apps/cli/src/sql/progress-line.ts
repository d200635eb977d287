/** One line on a terminal while a statement takes long, erased before anything else is written. */
import type { JobProgress } from '@arbalest/protocol'

export interface ProgressLine {
  update(progress: JobProgress): void
  /** Erases the line; idempotent. */
  stop(): void
}

/** What is needed of standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** A statement shows no progress before this time. */
const quietMs = 1_000
const repaintMs = 200
const eraseLine = '\r\x1b[2K'

/** Begins the progress of one statement; on anything but a terminal it says nothing. */
export function startProgress(stream: ProgressStream, nowMs: () => number): ProgressLine {
  if (stream.isTTY !== true) return { update: () => undefined, stop: () => undefined }
  const startedMs = nowMs()
  let progress: JobProgress | undefined
  let shown = false
  const paint = (): void => {
    const elapsedMs = nowMs() - startedMs
    if (elapsedMs < quietMs) return
    shown = true
    // Some terminals say that they have no columns at all.
    const columns = stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns
    stream.write(`${eraseLine}${progressText({ progress, elapsedMs, columns })}`)
  }
  const timer = setInterval(paint, repaintMs)
  timer.unref()
  return {
    update(next) {
      progress = next
    },
    stop() {
      clearInterval(timer)
      if (shown) stream.write(eraseLine)
      shown = false
    },
  }
}

/** Parts are left out from the right until the line fits. */
export function progressText(facts: {
  readonly progress: JobProgress | undefined
  readonly elapsedMs: number
  readonly columns: number
}): string {
  const { progress, elapsedMs, columns } = facts
  const seconds = Math.floor(elapsedMs / 1_000)
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
  const parts = progress === undefined
    ? ['planning', time, 'Ctrl-C cancels']
    : [
        `stages ${progress.stagesDone}/${progress.stagesKnown}`,
        `${progress.attemptsRunning} attempts running`,
        time, progress.jobId, 'Ctrl-C cancels',
      ]
  while (parts.length > 1 && parts.join('  ').length >= columns) parts.pop()
  return parts.join('  ').slice(0, Math.max(0, columns - 1))
}
