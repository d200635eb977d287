import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readPromptCommand } from './prompt-command.js'
import { isComplete, runPrompt } from './prompt.js'

test('a statement runs when it ends with a semicolon outside quotes and comments', () => {
  expect(isComplete('select 1\n')).toBe(false)
  expect(isComplete("select ';\n")).toBe(false)
  expect(isComplete('select 1 -- ;\n')).toBe(false)
  expect(isComplete('/* ; \n')).toBe(false)
  expect(isComplete('select $$ ; \n')).toBe(false)
  expect(isComplete('select 1; -- done\n')).toBe(true)
  expect(isComplete('select 1; select 2\n')).toBe(false)
  expect(isComplete('\n')).toBe(true)
})

test('lines are gathered, commands understood, and \\q ends the prompt', async () => {
  const { ran, said, added } = await prompt("select\n 1;\n\\d\n\\d my_table\n\\nope\n\\q\nselect 2;\n")
  expect(ran).toEqual(['select\n 1;\n', 'SHOW TABLES', 'DESCRIBE my_table'])
  expect(said).toContain('there is no command \\nope')
  expect(said.startsWith('hello\narbalest>')).toBe(true)
  expect(added).toEqual(['select\n 1;'])
})

test('the end of input ends the prompt after what was typed has run', async () => {
  const { ran, how } = await prompt('select 1;\nselect')
  expect(ran).toEqual(['select 1;\n'])
  expect(how).toBe('ended')
})

test('Ctrl-C clears what is typed, and quits when nothing is', async () => {
  const { ran, how } = await prompt('select\r\x03select 2;\r\x03\x03', true)
  expect(ran).toEqual(['select 2;\n'])
  expect(how).toBe('interrupted')
})

test('Ctrl-C cancels the running statement, and quits at once when it comes again', async () => {
  const input = new PassThrough()
  const output = new PassThrough()
  let interrupts = 0
  const runner = {
    runText: () => {
      input.write('\x03\x03')
      return new Promise<'interrupted'>(() => undefined)
    },
    interrupt: () => ++interrupts === 1,
  }
  const ended = runPrompt({ input, output, terminal: true, runner, history: noHistory, banner: '' })
  input.write('select 1;\r')
  expect(await ended).toBe('abandoned')
  expect(interrupts).toBe(2)
})

test('a command is read with or without a semicolon', () => {
  expect(readPromptCommand(' \\q; ')).toEqual({ kind: 'quit' })
  expect(readPromptCommand('\\d "a b"')).toEqual({ kind: 'run', sql: 'DESCRIBE "a b"' })
  expect(readPromptCommand('\\?')).toMatchObject({ kind: 'say' })
})

const noHistory = { lines: [], add: () => undefined }

async function prompt(typed: string, terminal = false) {
  const input = new PassThrough()
  const output = new PassThrough()
  const ran: string[] = []
  const added: string[] = []
  const runner = {
    runText: async (text: string) => {
      ran.push(text)
      return 'succeeded' as const
    },
    interrupt: () => false,
  }
  const history = { lines: [], add: (statement: string) => void added.push(statement) }
  const ended = runPrompt({ input, output, terminal, runner, history, banner: 'hello\n' })
  if (terminal) {
    for (const key of typed) {
      input.write(key)
      await new Promise((resolve) => setImmediate(resolve))
    }
  } else {
    input.end(typed)
  }
  const how = await ended
  return { ran, added, how, said: String(output.read()) }
}
