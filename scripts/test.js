/**
 * `npm test`: installs and builds what is missing, runs the checks, then all tests.
 *
 * `npm test -- <filter>` runs only the tests whose file matches, without the checks.
 * `--smoke` also starts a cluster on the other supported Node versions and with the network cut.
 * The last line is always `N passed, N failed, N skipped`. With CI=true a skipped test fails the run.
 */
import { mkdtempSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { runChecks } from './check.js'
import { build, install, projectDir } from './prepare.js'
import { runForStatus } from './run-command.js'
import { runSmoke } from './smoke.js'

const withSmoke = process.argv.includes('--smoke')
const filters = process.argv.slice(2).filter((argument) => argument !== '--smoke')

install()
const results = [{ name: 'build', passed: build() === 0 }]
if (filters.length === 0) results.push(...(await runChecks()))
if (withSmoke) results.push(...(await runSmoke()))
finish(results, runVitest(filters))

/** Runs vitest and counts from its own report; a run that ends badly without a failed test is one failure. */
function runVitest(vitestArgs) {
  const reportDir = mkdtempSync(join(tmpdir(), 'arbalest-test-'))
  try {
    const report = join(reportDir, 'report.json')
    const vitest = join(projectDir, 'node_modules', 'vitest', 'vitest.mjs')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const status = runForStatus(process.execPath, [vitest, 'run', ...reporters, ...vitestArgs], {
      cwd: projectDir,
    })
    return countTests(status, existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined)
  } finally {
    rmSync(reportDir, { recursive: true, force: true })
  }
}

function countTests(status, report) {
  const files = report?.testResults ?? []
  const all = files.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: relative(projectDir, file.name) })),
  )
  const brokenFiles = files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  const failed = all.filter((test) => test.status === 'failed').length + brokenFiles.length
  return {
    passed: all.filter((test) => test.status === 'passed').length,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: all.filter((test) => test.status !== 'passed' && test.status !== 'failed'),
  }
}

function finish(results, tests) {
  const skippedChecks = results.filter((result) => result.skipped === true)
  const failedChecks = results.filter((result) => !result.passed && result.skipped !== true)
  for (const { name } of failedChecks) console.log(`FAILED check: ${name}`)
  for (const { name } of skippedChecks) console.log(`SKIPPED check: ${name}`)
  for (const { file, fullName } of tests.skipped) console.log(`SKIPPED ${file}: ${fullName}`)
  const skipped = tests.skipped.length + skippedChecks.length
  const failed = tests.failed + failedChecks.length
  const passed = tests.passed + results.length - failedChecks.length - skippedChecks.length
  const skipFails = process.env.CI === 'true' && skipped > 0
  if (skipFails) console.log('With CI=true a skipped test fails the run.')
  process.exitCode = failed > 0 || skipFails || passed === 0 ? 1 : 0
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
}
