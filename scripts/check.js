/** `npm run check`: everything about the sources that needs no run: types, lint, layers, generated files. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare, projectDir } from './prepare.js'
import { runCaptured } from './run-command.js'

const modules = join(projectDir, 'node_modules')

/** Each check is one command which prints what is wrong and ends with a status. */
export const checks = [
  { name: 'types', script: join(modules, 'typescript', 'bin', 'tsc'), args: ['-p', 'tsconfig.check.json'] },
  {
    name: 'layers',
    script: join(modules, 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    args: ['--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'bench', 'tests'],
  },
  { name: 'lint', script: join(modules, 'eslint', 'bin', 'eslint.js'), args: ['--max-warnings', '0', '.'] },
  { name: 'errors reference', script: join('scripts', 'generate-errors-reference.js'), args: ['--check'] },
]

/** Runs the given checks two at a time; gives one result a check, in order, and prints each as it ends. */
export async function runChecks(wanted = checks) {
  const results = new Array(wanted.length)
  let next = 0
  const worker = async () => {
    while (next < wanted.length) {
      const index = next++
      results[index] = await runCheck(wanted[index])
    }
  }
  await Promise.all([worker(), worker()])
  return results
}

async function runCheck(check) {
  const startedMs = Date.now()
  const { status, output } = await runCaptured(process.execPath, [check.script, ...check.args], {
    cwd: projectDir,
    ...(check.env === undefined ? {} : { env: { ...process.env, ...check.env } }),
  })
  const passed = status === 0
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)`)
  if (!passed) console.log(output.trimEnd())
  return { name: check.name, passed }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  prepare()
  const results = await runChecks()
  process.exit(results.every((result) => result.passed) ? 0 : 1)
}
