/** The scripts behind `npm start` and `npm test` pass on statuses and signals. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

const scriptsDir = join(dirname(dirname(fileURLToPath(import.meta.url))), 'scripts')

test('the exit status of the program comes back', async () => {
  const child = become('process.exit(7)')
  expect(await once(child, 'close')).toEqual([7, null])
})

test('a program ended by a signal gives 128 and the number of the signal', async () => {
  const child = become("process.kill(process.pid, 'SIGKILL')")
  expect(await once(child, 'close')).toEqual([128 + 9, null])
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s reaches the program', async (signal) => {
  const child = become(
    `process.on('${signal}', () => process.exit(5)); console.log('ready'); setInterval(() => undefined, 1000)`,
  )
  await once(child.stdout!, 'data')
  child.kill(signal)
  expect(await once(child, 'close')).toEqual([5, null])
})

/** A process that becomes a Node program, as `npm start` does. */
function become(program: string): ChildProcess {
  const module = pathToFileURL(join(scriptsDir, 'run-command.js')).href
  const code = `import(${JSON.stringify(module)}).then(({ become }) =>
    become(process.execPath, ['-e', ${JSON.stringify(program)}]))`
  return spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
}
