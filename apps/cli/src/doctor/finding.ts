/** What `arbalest doctor` found out about one thing. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  /** What was found. */
  readonly detail: string
  /** What to do about it, unless all is well. */
  readonly mend?: string
}

const statusTexts = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

/** One line for each, with what to do below it. */
export function findingLines(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const indent = ' '.repeat(width + statusTexts.ok.length + 4)
  return findings
    .map(({ name, status, detail, mend }) => {
      const line = `${statusTexts[status]}  ${name.padEnd(width)}  ${detail}\n`
      return mend === undefined ? line : `${line}${indent}${mend}\n`
    })
    .join('')
}
