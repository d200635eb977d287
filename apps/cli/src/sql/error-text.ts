/** An error as people read it in a terminal: what happened, where in the statement, what to do about it. */
import { errorCodes, type QueryError } from '@arbalest/common'
import { caretExcerpt } from '@arbalest/planner'

/** Lines with a line break at the end. `sql` is the statement that the error's position speaks of. */
export function errorText(error: QueryError, sql?: string): string {
  const lines = [`error[${error.code}] ${plainText(error.message)}`]
  if (sql !== undefined && error.position !== undefined) {
    lines.push(...caretExcerpt(sql, error.position).split('\n').map((line) => `  ${plainText(line)}`))
  }
  lines.push(`  ${errorCodes[error.code].mend}`)
  if (error.jobId !== undefined && !error.message.includes(error.jobId)) lines.push(`  job ${error.jobId}`)
  return `${lines.join('\n')}\n`
}

/** Control characters are shown, not sent, line breaks and tabs apart: no data drives the terminal. */
const plainText = (text: string): string =>
  text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2421'
  })
