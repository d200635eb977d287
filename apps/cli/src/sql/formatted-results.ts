/** Rows in a format on the output, errors for people on standard error. */
import { errorText } from './error-text.js'
import type { ResultFormat } from './formats/result-format.js'
import type { Output } from './output.js'
import type { StatementSink } from './statement-sink.js'

export interface FormattedResultsOptions {
  readonly format: ResultFormat
  readonly output: Output
  /** Whether statements without rows say `ok`. */
  readonly acknowledges: boolean
  readonly writeError: (text: string) => void
}

export function formattedResults(options: FormattedResultsOptions): StatementSink {
  const { format, output, acknowledges, writeError } = options
  return {
    text: format.text,
    async succeeded(run, context) {
      if (run.columns.length > 0) await format.write(run, output, context)
      else if (acknowledges) await output.write('ok\n')
      await output.flush()
    },
    async failed(error, { statement }) {
      // Rows that came before the error are not held back.
      await output.flush()
      writeError(errorText(error, statement.sql))
    },
  }
}
