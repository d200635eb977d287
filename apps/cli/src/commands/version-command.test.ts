import { duckdbVersion, version } from '@arbalest/common'
import { expect, test } from 'vitest'
import { versionText } from './version-command.js'

test('versions are lines, or one JSON object', () => {
  const { node } = process.versions
  const lines = `arbalest ${version}\nDuckDB ${duckdbVersion}\nNode ${node}\n`
  expect(versionText({ json: false })).toContain(lines)
  expect(JSON.parse(versionText({ json: true }))).toMatchObject({ version, duckdb: duckdbVersion, node })
})
