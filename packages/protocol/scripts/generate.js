/**
 * Makes `src/generated` from `proto` with protoc (Debian: protobuf-compiler) and ts-proto.
 * `--check` compares instead of writing and exits 1 when the committed code is stale; without protoc it
 * says that it checked nothing.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, mkdirSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const home = dirname(import.meta.dirname)
const target = join(home, 'src', 'generated')
const options = [
  'outputServices=grpc-js', 'env=node', 'esModuleInterop=true', 'importSuffix=.js', 'outputJsonMethods=false',
  'outputPartialMethods=false', 'useExactTypes=false', 'enumsAsLiterals=true', 'oneof=unions',
  'unrecognizedEnum=false', 'annotateFilesWithVersion=false',
]

function hasProtoc() {
  try {
    execFileSync('protoc', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function generateInto(folder) {
  const plugin = join(dirname(createRequire(import.meta.url).resolve('ts-proto/package.json')), 'protoc-gen-ts_proto')
  mkdirSync(folder, { recursive: true })
  const files = readdirSync(join(home, 'proto')).filter((file) => file.endsWith('.proto'))
  execFileSync('protoc', [
    `--plugin=protoc-gen-ts_proto=${plugin}`, `--ts_proto_out=${folder}`,
    ...options.map((option) => `--ts_proto_opt=${option}`), `--proto_path=${join(home, 'proto')}`, ...files,
  ], { stdio: 'inherit' })
}

function staleFiles() {
  const fresh = mkdtempSync(join(tmpdir(), 'arbalest-generated-'))
  try {
    generateInto(fresh)
    const text = (folder, file) => (existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : '')
    const files = new Set([...readdirSync(fresh), ...readdirSync(target)])
    return [...files].filter((file) => text(fresh, file) !== text(target, file))
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

if (!process.argv.includes('--check')) {
  generateInto(target)
} else if (!hasProtoc()) {
  console.log('generated protocol code: not checked, protoc is not installed')
} else {
  const stale = staleFiles()
  if (stale.length > 0) {
    console.error(`generated protocol code is stale: ${stale.join(', ')}; run npm run -w packages/protocol generate`)
    process.exitCode = 1
  }
}
