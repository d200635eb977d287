/** The layer guard and the linter refuse what they are there to refuse. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeWorkspace, readFixtures, runTool, type Fixture } from './fixture.js'

/** Rules broken, by file. */
type Broken = ReadonlyMap<string, readonly string[]>

describe.each([
  { guard: 'layers', fixtures: readFixtures('layers.txt'), judge: judgeLayers },
  { guard: 'lint', fixtures: readFixtures('lint.txt'), judge: judgeLint },
])('$guard', ({ fixtures, judge }) => {
  let dir = ''
  let broken: Broken = new Map()

  beforeAll(() => {
    dir = makeWorkspace(fixtures)
    broken = judge(dir)
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test.each(fixtures.filter(isBad))('$path is refused by $expects', ({ path, expects }) => {
    expect(broken.get(path) ?? []).toContain(expects)
  })
  test.each(fixtures.filter((fixture) => !isBad(fixture)))('$path is accepted', ({ path }) => {
    expect(broken.get(path) ?? []).toEqual([])
  })
})

function isBad({ expects }: Fixture): boolean {
  return expects !== 'nothing'
}

function judgeLayers(dir: string): Broken {
  const script = join('dependency-cruiser', 'bin', 'dependency-cruise.mjs')
  const folders = ['packages', 'apps', 'bench', 'tests']
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders]
  const { summary } = JSON.parse(runTool(dir, script, args)) as {
    readonly summary: {
      readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[]
    }
  }
  return groupRules(summary.violations.map(({ from, rule }) => [from, rule.name]))
}

function judgeLint(dir: string): Broken {
  const args = ['--format', 'json', 'packages']
  const files = JSON.parse(runTool(dir, join('eslint', 'bin', 'eslint.js'), args)) as readonly {
    readonly filePath: string
    readonly messages: readonly { readonly ruleId: string | null; readonly message: string }[]
  }[]
  return groupRules(
    files.flatMap(({ filePath, messages }) =>
      messages.map(({ ruleId, message }) => [filePath.slice(dir.length + 1), ruleId ?? message] as const),
    ),
  )
}

function groupRules(pairs: readonly (readonly [string, string])[]): Broken {
  const rules = new Map<string, readonly string[]>()
  for (const [path, rule] of pairs) rules.set(path, [...(rules.get(path) ?? []), rule])
  return rules
}
