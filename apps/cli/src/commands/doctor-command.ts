/** `arbalest doctor`: checks what executors and clients need, and says how to mend what is wrong. */
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseClusterUrl } from '@arbalest/client'
import { checkCluster, checkPort } from '../doctor/check-network.js'
import { checkDataDir, checkDisk, checkMemory } from '../doctor/check-machine.js'
import { checkDuckdb, checkNode } from '../doctor/check-runtime.js'
import { findingLines, type Finding } from '../doctor/finding.js'
import { addOptions } from '../options/command-options.js'
import { memoryBytes } from '../options/machine.js'
import { readSecurity, tokenOption, type SecurityFlags } from '../options/security-options.js'
import { clientTlsOptions } from '../options/client-tls-options.js'

interface DoctorFlags extends SecurityFlags {
  readonly url?: string
  readonly workDir?: string
  readonly dataDir?: readonly string[]
  readonly json?: boolean
}

export function addDoctorCommand(program: Command): void {
  const command = program.command('doctor').description('check this machine, and a cluster if one is named')
  addOptions(command, 'doctor', [
    { flags: '--url <url>', help: 'cluster to reach, as df://host:50050' },
    { flags: '--work-dir <dir>', help: 'where executors would write (default: the temporary directory)' },
    {
      flags: '--data-dir <dir...>',
      help: 'what executors would read (default: the current directory)',
      parse: String,
    },
    { flags: '--json', help: 'as one JSON object' },
    tokenOption,
    ...clientTlsOptions,
  ])
  command.action(async (flags: DoctorFlags) => {
    const findings = await examine(flags)
    const ok = findings.every(({ status }) => status !== 'fail')
    const json = `${JSON.stringify({ ok, findings })}\n`
    process.stdout.write(flags.json === true ? json : findingLines(findings))
    process.exitCode = ok ? 0 : 1
  })
}

/** All checks, in the order in which they are shown. @throws QueryError INVALID_OPTION */
async function examine(flags: DoctorFlags): Promise<readonly Finding[]> {
  const cluster = flags.url === undefined ? undefined : clusterTarget(flags.url, flags)
  return [
    checkNode(process.versions.node),
    await checkDuckdb(),
    await checkPort(50_050, 'a scheduler'),
    await checkPort(50_051, 'an executor'),
    checkMemory(memoryBytes()),
    await checkDisk(resolve(flags.workDir ?? tmpdir())),
    ...(await Promise.all((flags.dataDir ?? ['.']).map((dir) => checkDataDir(resolve(dir))))),
    ...(cluster === undefined ? [] : [await checkCluster(cluster.target, cluster.url)]),
  ]
}

function clusterTarget(url: string, flags: SecurityFlags) {
  const { host, port, tls } = parseClusterUrl(url)
  const { tokens, clientTls } = readSecurity(flags)
  return { url, target: { host, port, token: tokens[0], tls: tls ? (clientTls ?? {}) : undefined } }
}
