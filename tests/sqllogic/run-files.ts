/** Runs many test files in a process of their own, which is started again when a file ends it. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunRequest, WorkerMessage } from './file-worker.js'
import type { FileOptions, FileResult } from './run-file.js'

const workerFile = fileURLToPath(new URL('./file-worker.js', import.meta.url))
/** Files before a new process: what engines leave in memory goes with the old one. */
const filesPerProcessMax = 200

/** In the order of the files; `onFile` hears of each as it ends. */
export async function runFiles(
  files: readonly string[], options: FileOptions, onFile: (result: FileResult) => void,
): Promise<readonly FileResult[]> {
  const results: FileResult[] = []
  let worker: ChildProcess | undefined
  for (const [index, file] of files.entries()) {
    if (index % filesPerProcessMax === 0) {
      worker?.disconnect()
      worker = undefined
    }
    worker ??= fork(workerFile)
    const result = await runInWorker(worker, { file, options })
    if (result.ended) worker = undefined
    results.push(result.result)
    onFile(result.result)
  }
  worker?.disconnect()
  return results
}

interface WorkerRun {
  readonly result: FileResult
  /** The process is gone. */
  readonly ended: boolean
}

function runInWorker(worker: ChildProcess, request: RunRequest): Promise<WorkerRun> {
  // Each side may take the time limit, and the cluster its grace.
  const silenceMs = request.options.timeLimitMs * 3 + 30_000
  let line = 0
  return new Promise((resolve) => {
    const kill = () => worker.kill('SIGKILL')
    let timer = setTimeout(kill, silenceMs)
    const finish = (run: WorkerRun) => {
      clearTimeout(timer)
      worker.removeAllListeners()
      resolve(run)
    }
    worker.on('message', (message: WorkerMessage) => {
      clearTimeout(timer)
      timer = setTimeout(kill, silenceMs)
      if (message.kind === 'record') line = message.line
      else finish({ result: message.result, ended: false })
    })
    worker.on('exit', (code, signal) => {
      const reason = `the process ended (${signal ?? code ?? 'unknown'})`
      const record = { kind: 'failed', reason, line, sql: '', mode: 'no job', modeReason: '', elapsedMs: 0 } as const
      finish({ result: { file: request.file, records: [record], skipped: `line ${line}: ${reason}` }, ended: true })
    })
    worker.send(request)
  })
}
