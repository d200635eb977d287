/** `npm run check`: everything about the sources that needs no run: types, lint, layers, generated files. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, install, projectDir } from './prepare.js'
import { runCaptured } from './run-command.js'

const modules = join(projectDir, 'node_modules')

/**
 * Each check is one command which prints what is wrong and ends with a status. `needs` is a program
 * that the machine may lack: then the check is skipped, visibly.
 */
export const checks = [
  { name: 'types', script: join(modules, 'typescript', 'bin', 'tsc'), args: ['-p', 'tsconfig.check.json'] },
  {
    name: 'layers',
    script: join(modules, 'dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    args: ['--config', '.dependency-cruiser.cjs', 'packages', 'apps', 'bench', 'tests'],
  },
  { name: 'lint', script: join(modules, 'eslint', 'bin', 'eslint.js'), args: ['--max-warnings', '0', '.'] },
  { name: 'errors reference', script: join('scripts', 'generate-errors-reference.js'), args: ['--check'] },
  { name: 'configuration reference', script: join('scripts', 'generate-config-reference.js'), args: ['--check'] },
  { name: 'functions reference', script: join('scripts', 'generate-functions-reference.js'), args: ['--check'] },
  { name: 'SQL reference', script: join('scripts', 'generate-sql-reference.js'), args: ['--check'] },
  {
    name: 'generated protocol code',
    script: join('packages', 'protocol', 'scripts', 'generate.js'),
    args: ['--check'],
    needs: 'protoc',
  },
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
  if (check.needs !== undefined && spawnSync(check.needs, ['--version']).error !== undefined) {
    console.log(`skipped ${check.name}: ${check.needs} is not installed`)
    return { name: check.name, passed: false, skipped: true }
  }
  const startedMs = Date.now()
  const { status, output } = await runCaptured(process.execPath, [check.script, ...check.args], {
    cwd: projectDir,
  })
  const passed = status === 0
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)`)
  if (!passed) console.log(output.trimEnd())
  return { name: check.name, passed }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  install()
  const results = [{ name: 'build', passed: build() === 0 }, ...(await runChecks())]
  process.exit(results.every((result) => result.passed || result.skipped === true) ? 0 : 1)
}
