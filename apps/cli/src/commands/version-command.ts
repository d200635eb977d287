/** `arbalest version`: this program and what it runs on. */
import type { Command } from 'commander'
import { duckdbVersion, version } from '@arbalest/common'

export function addVersionCommand(program: Command): void {
  program
    .command('version')
    .description('show the versions of this program, DuckDB and Node')
    .option('--json', 'as one JSON object')
    .action(({ json }: { readonly json?: boolean }) => {
      process.stdout.write(versionText({ json: json === true }))
    })
}

export function versionText({ json }: { readonly json: boolean }): string {
  const { versions, platform, arch } = process
  if (json) {
    return `${JSON.stringify({ version, duckdb: duckdbVersion, node: versions.node, platform, arch })}\n`
  }
  return `arbalest ${version}\nDuckDB ${duckdbVersion}\nNode ${versions.node}\n${platform} ${arch}\n`
}
