/**
 * Makes the tree ready to run: installs when the lock file changed, builds what is stale.
 * Nothing here calls the registry while the install is current, so it works without a network.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, join } from 'node:path'
import { runOrExit } from './run-command.js'

export const projectDir = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(projectDir, 'node_modules', '.arbalest-install')

/** Installs if needed, then builds the given TypeScript projects (the workspace by default). */
export function prepare({ projects = ['.'], quiet = false } = {}) {
  checkNodeVersion()
  install()
  build(projects, quiet)
}

function checkNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  console.error(`Arbalest needs Node 20.19 or newer, this is ${process.versions.node}.`)
  process.exit(2)
}

function install() {
  const wanted = installFingerprint()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === wanted) return
  if (installIsCurrent()) {
    writeFileSync(stampFile, `${wanted}\n`)
    return
  }
  console.log('Installing dependencies (once, and again when package-lock.json changes) ...')
  runOrExit('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { cwd: projectDir })
  writeFileSync(stampFile, `${wanted}\n`)
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
    ([path, { version, integrity }]) => locked[path]?.version === version && locked[path]?.integrity === integrity,
  )
  const nothingMissing = Object.entries(locked).every(
    ([path, { optional }]) => optional === true || !path.startsWith('node_modules/') || path in installed,
  )
  return sameEverywhere && nothingMissing
}

function build(projects, quiet) {
  const compiler = join(projectDir, 'node_modules', 'typescript', 'bin', 'tsc')
  const startedMs = Date.now()
  runOrExit(process.execPath, [compiler, '-b', ...projects], { cwd: projectDir })
  const seconds = (Date.now() - startedMs) / 1000
  if (!quiet && seconds > 5) console.log(`Built in ${seconds.toFixed(1)} s.`)
}
