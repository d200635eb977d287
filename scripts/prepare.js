/**
 * Makes the tree ready to run: installs when the lock file changed, builds what is stale.
 * Nothing here calls the registry while the install is current, so it works without a network.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, join } from 'node:path'
import { ensureLoopback } from './loopback.js'
import { runForStatus, runOrExit } from './run-command.js'

export const projectDir = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(projectDir, 'node_modules', '.arbalest-install')

/** Installs if needed and builds the given TypeScript projects; ends the process when that fails. */
export function prepare({ projects = ['.'] } = {}) {
  install()
  const status = build(projects)
  if (status !== 0) process.exit(status)
}

/** Makes node_modules hold what the lock file names; ends the process when that fails. */
export function install() {
  checkNodeVersion()
  ensureLoopback()
  const wanted = installFingerprint()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === wanted) return
  if (!installIsCurrent()) {
    console.log('Installing dependencies (once, and again when package-lock.json changes) ...')
    runOrExit('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { cwd: projectDir })
  }
  writeFileSync(stampFile, `${wanted}\n`)
}

/** Compiles what is stale and gives the compiler's exit status. */
export function build(projects = ['.']) {
  const compiler = join(projectDir, 'node_modules', 'typescript', 'bin', 'tsc')
  const startedMs = Date.now()
  const status = runForStatus(process.execPath, [compiler, '-b', ...projects], { cwd: projectDir })
  const seconds = (Date.now() - startedMs) / 1000
  if (seconds > 5) console.log(`Built in ${seconds.toFixed(1)} s.`)
  return status
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`Arbalest needs Node 20.19 or newer, this is ${process.versions.node}.`)
  process.exit(2)
}

/** What an install depends on: the lock file, and the platform whose native parts it fetched. */
function installFingerprint() {
  const lock = readFileSync(join(projectDir, 'package-lock.json'))
  return createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex')
}

/** Whether node_modules already holds what the lock file names, as after an `npm install` by hand. */
function installIsCurrent() {
  const installedFile = join(projectDir, 'node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return false
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  const locked = JSON.parse(readFileSync(join(projectDir, 'package-lock.json'), 'utf8')).packages
  const sameEverywhere = Object.entries(installed).every(
    ([path, part]) => locked[path]?.version === part.version && locked[path]?.integrity === part.integrity,
  )
  const nothingMissing = Object.entries(locked).every(
    ([path, part]) =>
      part.optional === true || part.devOptional === true || !path.startsWith('node_modules/') || path in installed,
  )
  return sameEverywhere && nothingMissing
}
