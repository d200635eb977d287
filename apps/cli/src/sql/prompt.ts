/**
 * The prompt: lines are gathered until a statement ends with `;`, then it runs. While it runs, lines
 * that arrive wait.
 */
import { createInterface } from 'node:readline'
import { assertNever } from '@arbalest/common'
import { splitStatements } from '@arbalest/planner'
import { readPromptCommand } from './prompt-command.js'
import type { PromptHistory } from './prompt-history.js'
import type { StatementRunner } from './statement-runner.js'

export interface PromptOptions {
  readonly input: NodeJS.ReadableStream
  /** For prompts and what is said; rows go where the runner sends them. */
  readonly output: NodeJS.WritableStream
  /** Whether lines can be edited. */
  readonly terminal: boolean
  readonly runner: Pick<StatementRunner, 'runText' | 'interrupt'>
  readonly history: PromptHistory
  /** Said at the start; may be empty. */
  readonly banner: string
}

const firstPrompt = 'arbalest> '
const nextPrompt = '     ...> '

/** How a prompt ended: by `\q` or the end of input, by Ctrl-C, or by Ctrl-C while a statement still ran. */
export type PromptEnd = 'ended' | 'interrupted' | 'abandoned'

/** Resolves when the user has quit. @throws what the runner throws */
export function runPrompt(options: PromptOptions): Promise<PromptEnd> {
  const { input, output, terminal, runner, history, banner } = options
  const lines = createInterface({ input, output, terminal, history: [...history.lines], prompt: firstPrompt })
  let typed = ''
  let work: Promise<void> = Promise.resolve()
  let busy = false
  let closed = false
  /** Whether lines that wait are dropped. */
  let quitting = false
  let interruptedAtRest = false

  const ask = (): void => {
    if (closed) return
    lines.setPrompt(typed === '' ? firstPrompt : nextPrompt)
    lines.prompt()
  }
  const run = async (text: string): Promise<void> => {
    busy = true
    try {
      await runner.runText(text)
    } finally {
      busy = false
    }
  }
  const onCommand = async (line: string): Promise<void> => {
    const command = readPromptCommand(line)
    switch (command.kind) {
      case 'quit':
        quitting = true
        return lines.close()
      case 'say':
        output.write(command.text)
        return
      case 'run': return run(command.sql)
    }
    return assertNever(command)
  }
  const onLine = async (line: string): Promise<void> => {
    if (quitting) return
    interruptedAtRest = false
    if (typed === '' && line.trimStart().startsWith('\\')) {
      await onCommand(line)
    } else {
      typed += `${line}\n`
      if (isComplete(typed)) {
        const text = typed
        typed = ''
        history.add(text.trimEnd())
        await run(text)
      }
    }
    ask()
  }

  return new Promise((resolve, reject) => {
    const end = (how: PromptEnd): void => {
      closed = true
      quitting ||= how !== 'ended'
      lines.close()
      if (how === 'abandoned') resolve(how)
      else work.then(() => resolve(how), reject)
    }
    const fail = (thrown: unknown): void => {
      closed = true
      lines.close()
      reject(thrown as Error)
    }
    lines.on('line', (line) => {
      work = work.then(() => onLine(line))
      work.catch(fail)
    })
    lines.on('SIGINT', () => {
      if (busy) {
        if (!runner.interrupt()) end('abandoned')
        return
      }
      if (typed === '' && lines.line === '') {
        if (interruptedAtRest) return end('interrupted')
        interruptedAtRest = true
        output.write('\n(again, or \\q, quits)\n')
      } else {
        output.write('\n')
      }
      typed = ''
      clearLine(lines)
      ask()
    })
    lines.on('close', () => {
      if (closed) return
      if (terminal) output.write('\n')
      end('ended')
    })
    output.write(banner)
    ask()
  })
}

/** What stands in the line is forgotten, not run. */
function clearLine(lines: ReturnType<typeof createInterface>): void {
  lines.write(null, { ctrl: true, name: 'e' })
  lines.write(null, { ctrl: true, name: 'u' })
}

/** Whether the text ends outside quotes and comments behind a `;`, or holds no statement at all. */
export function isComplete(text: string): boolean {
  return splitStatements(`${text}\nx`).length > splitStatements(text).length
}
