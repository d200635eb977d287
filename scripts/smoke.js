/**
 * Runs the command and a whole cluster where `npm test` does not: on the other supported Node
 * versions, and with the network cut.
 *
 * Each Node comes as the npm package with its binary for this platform, kept in the user's cache
 * directory: a few downloads once, none afterwards.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { projectDir } from './prepare.js'
import { runCaptured } from './run-command.js'

const arbalest = join('apps', 'cli', 'bin', 'arbalest.js')
const startOnce = ['start', '--sample', '--once', '--port', '0']
const nodeVersions = ['20.19.6', '22.23.3', '24.21.0']
const stepTimeoutMs = 120_000

/** One result a step: its name, whether it passed, whether this machine cannot run it. */
export async function runSmoke() {
  const results = []
  for (const version of nodeVersions) {
    const node = await findNode(version)
    if (node === undefined) {
      results.push({ name: `node ${version}: install`, passed: false })
      continue
    }
    const name = `node ${version}`
    results.push(await runStep({ name: `${name}: version`, node, command: [node, arbalest, 'version'] }))
    results.push(await runStep({ name: `${name}: start --once`, node, command: [node, arbalest, ...startOnce] }))
  }
  results.push(await runWithoutNetwork())
  return results
}

async function runWithoutNetwork() {
  const name = 'npm start -- --once with the network cut'
  const { status } = await runCaptured('unshare', ['-rn', 'true'])
  if (status !== 0) return { name, passed: false, skipped: true }
  const start = [process.execPath, join('scripts', 'start.js'), '--once', '--port', '0']
  return runStep({ name, node: process.execPath, command: ['unshare', '-rn', ...start] })
}

async function runStep({ name, node, command: [program, ...args] }) {
  const startedMs = Date.now()
  const { status, output } = await runCaptured(program, args, {
    cwd: projectDir,
    timeout: stepTimeoutMs,
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  })
  const passed = status === 0
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
  if (!passed) console.log(output.trimEnd())
  return { name, passed }
}

/** The path of that Node's binary, fetched on first use; undefined when it cannot be had. */
async function findNode(version) {
  const packageName = `node-${process.platform}-${process.arch}`
  const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const cacheDir = join(caches, 'arbalest', `node-${version}`)
  const binary = join(cacheDir, 'node_modules', packageName, 'bin', 'node')
  if (existsSync(binary)) return binary
  mkdirSync(cacheDir, { recursive: true })
  const quiet = ['--ignore-scripts', '--no-fund', '--no-audit']
  const { status, output } = await runCaptured(
    'npm',
    ['install', ...quiet, '--prefix', cacheDir, `${packageName}@${version}`],
    { cwd: cacheDir },
  )
  if (status === 0 && existsSync(binary)) return binary
  console.log(`FAILED node ${version}: cannot install ${packageName}\n${output.trimEnd()}`)
  return undefined
}
