import { Command, CommanderError } from 'commander'
import type { QueryError } from '@arbalest/common'
import { expect, test } from 'vitest'
import { addLaterCommands } from './later-commands.js'
import { addSqlCommand, readSqlFlags } from './sql-command.js'

test('texts and files keep their order', () => {
  const { sources } = read('-c', 'select 1', '-f', 'a.sql', '-c', '-- two')
  expect(sources).toEqual([
    { kind: 'text', text: 'select 1' }, { kind: 'file', path: 'a.sql' }, { kind: 'text', text: '-- two' },
  ])
})

test('without an address the cluster is in this process', () => {
  expect(read().cluster).toEqual({ kind: 'in-process', executors: 1 })
  expect(read('--executors', '3').cluster).toEqual({ kind: 'in-process', executors: 3 })
})

test('an address is a URL, or a host and a port', () => {
  expect(read('--url', 'df://h:1').cluster).toMatchObject({ kind: 'remote', url: 'df://h:1' })
  expect(read('--host', 'h').cluster).toMatchObject({ url: 'df://h:50050' })
  expect(read('--port', '7').cluster).toMatchObject({ url: 'df://127.0.0.1:7' })
  expect(read('--host', '::1', '--port', '7').cluster).toMatchObject({ url: 'df://[::1]:7' })
})

test('settings are keys and values', () => {
  expect(read('--set', 'a.b=c=d', '--set', 'x=').settings).toEqual({ 'a.b': 'c=d', x: '' })
})

test.each([
  ['--set', 'novalue'],
  ['--format', 'xml'],
  ['--executors', '0'],
  ['--port', '70000'],
  ['--max-rows', 'many'],
  ['--what'],
  ['operand'],
  ['--url', 'http://h'],
  ['--url', 'df://h', '--host', 'h'],
  ['--url', 'df://h', '--executors', '2'],
  ['--report', '--format', 'csv'],
  ['--auth-token-file', '/nowhere/token', '--url', 'df://h'],
  ['--tls-cert', '/nowhere/cert', '--url', 'df+tls://h'],
])('wrong use is an error of one line: %s %s', (...flags) => {
  const failure = thrownBy(() => read(...flags))
  const isWrongUse = failure instanceof CommanderError || (failure as QueryError).code === 'INVALID_OPTION'
  expect(isWrongUse).toBe(true)
  expect((failure as Error).message).not.toMatch(/\n./)
})

test('commands of later versions say so, whatever flags they get', () => {
  const program = new Command().exitOverride()
  addLaterCommands(program)
  for (const name of ['tui', 'history']) {
    const failure = thrownBy(() => program.parse([name, '--url', 'df://h'], { from: 'user' }))
    expect((failure as QueryError).code).toBe('NOT_IN_THIS_VERSION')
  }
})

/** The options that the flags mean; nothing is run. */
function read(...flags: readonly string[]) {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  addSqlCommand(program)
  const [command] = program.commands
  let options: ReturnType<typeof readSqlFlags> | undefined
  command!.exitOverride().allowExcessArguments(false).action((values: Parameters<typeof readSqlFlags>[0]) => {
    options = readSqlFlags(values)
  })
  program.parse(['sql', ...flags], { from: 'user' })
  return options!
}

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (thrown) {
    return thrown
  }
  return undefined
}
