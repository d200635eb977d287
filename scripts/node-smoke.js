/**
 * Runs the command and a whole cluster on the other supported Node versions.
 *
 * Each Node comes as the npm package with its binary for this platform, kept in the user's cache
 * directory: a few downloads once, none afterwards.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { projectDir } from './prepare.js'
import { runCaptured } from './run-command.js'

const nodeVersions = ['20.19.6', '22.23.3', '24.21.0']
const stepTimeoutMs = 120_000

/** One result a Node version and step. */
export async function runNodeSmoke() {
  const results = []
  for (const version of nodeVersions) {
    const node = await findNode(version)
    if (node === undefined) results.push({ name: `node ${version}: install`, passed: false })
    else for (const step of smokeSteps(version)) results.push(await runStep(step, node))
  }
  return results
}

function smokeSteps(version) {
  return [
    { name: `node ${version}: version`, args: [join('apps', 'cli', 'bin', 'arbalest.js'), 'version'] },
    {
      name: `node ${version}: start --sample --once`,
      args: [join('apps', 'cli', 'bin', 'arbalest.js'), 'start', '--sample', '--once', '--port', '0'],
    },
  ]
}

async function runStep(step, node) {
  const startedMs = Date.now()
  const { status, output } = await runCaptured(node, step.args, {
    cwd: projectDir,
    timeout: stepTimeoutMs,
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  })
  const passed = status === 0
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1)
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`)
  if (!passed) console.log(output.trimEnd())
  return { name: step.name, passed }
}

/** The path of that Node's binary, fetched on first use; undefined when it cannot be had. */
async function findNode(version) {
  const packageName = `node-${process.platform}-${process.arch}`
  const cacheDir = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'arbalest', `node-${version}`)
  const binary = join(cacheDir, 'node_modules', packageName, 'bin', 'node')
  if (existsSync(binary)) return binary
  mkdirSync(cacheDir, { recursive: true })
  const { status, output } = await runCaptured(
    'npm',
    ['install', '--ignore-scripts', '--no-fund', '--no-audit', '--prefix', cacheDir, `${packageName}@${version}`],
    { cwd: cacheDir },
  )
  if (status === 0 && existsSync(binary)) return binary
  console.log(`FAILED node ${version}: cannot install ${packageName}\n${output.trimEnd()}`)
  return undefined
}
