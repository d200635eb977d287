/**
 * `npm test`: installs and builds what is missing, runs the checks, then all tests.
 *
 * `npm test -- <filter>` runs only the tests whose file matches, without the checks.
 * `--node-smoke` also starts a cluster on the other supported Node versions.
 * The last line is always `N passed, N failed, N skipped`. With CI=true a skipped test fails the run.
 */
import { mkdtempSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { runChecks } from './check.js'
import { runNodeSmoke } from './node-smoke.js'
import { prepare, projectDir } from './prepare.js'
import { runForStatus } from './run-command.js'

const withNodeSmoke = process.argv.includes('--node-smoke')
const filters = process.argv.slice(2).filter((argument) => argument !== '--node-smoke')

prepare()
const checkResults = filters.length === 0 ? await runChecks() : []
const smokeResults = withNodeSmoke ? await runNodeSmoke() : []
const tests = runVitest(filters)
finish([...checkResults, ...smokeResults], tests)

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

function finish(results, { passed, failed, skipped }) {
  const failedChecks = results.filter((result) => !result.passed)
  for (const result of failedChecks) console.log(`FAILED check: ${result.name}`)
  for (const test of skipped) console.log(`SKIPPED ${test.file}: ${test.fullName}`)
  const skipFails = process.env.CI === 'true' && skipped.length > 0
  if (skipFails) console.log('With CI=true a skipped test fails the run.')
  const passedCount = passed + results.length - failedChecks.length
  const failedCount = failed + failedChecks.length
  process.exitCode = failedCount > 0 || skipFails || passedCount === 0 ? 1 : 0
  console.log(`${passedCount} passed, ${failedCount} failed, ${skipped.length} skipped`)
}
