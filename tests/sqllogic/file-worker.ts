/**
 * The process that runs test files one after the other: a crash of an engine ends it, and not the run.
 * It hears `RunRequest`s and says a `WorkerMessage` before each record and after each file.
 */
import { runFile, type FileOptions, type FileResult } from './run-file.js'

export interface RunRequest {
  readonly file: string
  readonly options: FileOptions
}

export type WorkerMessage =
  | { readonly kind: 'record'; readonly line: number }
  | { readonly kind: 'file'; readonly result: FileResult }

const say = (message: WorkerMessage): unknown => process.send?.(message)

process.on('message', ({ file, options }: RunRequest) => {
  process.chdir(options.directory)
  void runFile(file, options, (line) => say({ kind: 'record', line })).then((result) => say({ kind: 'file', result }))
})
process.on('disconnect', () => process.exit(0))
