/**
 * The layers of the house: who may import whom. What is not listed in `allowed` is an error.
 *
 * common <- plan <- planner, protocol, engine <- scheduler, executor, client <- server <- arbalest, apps
 */
const { readFileSync, readdirSync } = require('node:fs')
const { join } = require('node:path')

/** Folders without I/O, clock or randomness: no Node built-ins, no packages from npm. */
const pureFolders = [
  'packages/common/src',
  'packages/plan/src',
  'packages/planner/src',
  'packages/scheduler/src/core',
  'packages/executor/src/core',
]

/**
 * [folder, what it may import beside itself]. A bare name is the public entry of that package; a path is
 * a folder or a file of the same package. The innermost folder speaks for a file alone: put inner folders
 * before `src`.
 */
const layers = [
  ['packages/common/src', []],
  ['packages/plan/src', ['common']],
  // The phases of planning do not know each other: they meet in plan-query.ts and in adapt.
  ['packages/planner/src/statements', ['common', 'plan', 'packages/planner/src/duckdb-json.ts']],
  [
    'packages/planner/src/read',
    ['common', 'plan', 'packages/planner/src/duckdb-json.ts', 'packages/planner/src/undivided.ts'],
  ],
  ['packages/planner/src/optimize', ['common', 'plan']],
  ['packages/planner/src/physical', ['common', 'plan', 'packages/planner/src/undivided.ts']],
  ['packages/planner/src/stages', ['common', 'plan']],
  ['packages/planner/src/render', ['common', 'plan']],
  ['packages/planner/src', ['common', 'plan', 'packages/planner/src']],
  ['packages/protocol/src', ['common', 'plan']],
  ['packages/engine/src', ['common', 'plan']],
  ['packages/scheduler/src/core', ['common', 'plan']],
  ['packages/scheduler/src/driver', ['common', 'plan', 'protocol', 'packages/scheduler/src/core']],
  ['packages/scheduler/src', ['common', 'plan', 'protocol', 'packages/scheduler/src']],
  ['packages/executor/src/core', ['common', 'plan']],
  // What supervisor and engine child say to each other.
  ['packages/executor/src/engine-channel', ['common', 'plan', 'protocol']],
  [
    'packages/executor/src/supervisor',
    ['common', 'plan', 'protocol', 'packages/executor/src/core', 'packages/executor/src/engine-channel'],
  ],
  [
    'packages/executor/src/engine-child',
    ['common', 'plan', 'protocol', 'engine', 'packages/executor/src/core', 'packages/executor/src/engine-channel'],
  ],
  ['packages/executor/src', ['common', 'plan', 'protocol', 'packages/executor/src']],
  ['packages/client/src', ['common', 'protocol']],
  ['packages/server/src', ['common', 'plan', 'planner', 'protocol', 'engine', 'scheduler']],
  ['packages/arbalest/src', ['common', 'protocol', 'client', 'server', 'scheduler', 'executor', 'engine']],
  [
    'apps/cli/src',
    ['common', 'plan', 'planner', 'protocol', 'engine', 'scheduler', 'executor', 'client', 'server', 'arbalest'],
  ],
]

/** The public entry files of a package, as its package.json exports them. */
function entriesOf(packageName) {
  const { exports } = JSON.parse(readFileSync(join(__dirname, 'packages', packageName, 'package.json'), 'utf8'))
  return Object.values(exports).map((entry) => `packages/${packageName}/${entry.source.replace('./', '')}`)
}

/** Tests and what only they use: `*.test.ts` and everything in a folder `testing`. */
const testFiles = ['[.]test[.]ts$', '\\/testing\\/']
const escaped = (path) => path.replaceAll('.', '[.]').replaceAll('/', '\\/')
const exactly = (file) => `^${escaped(file)}$`
const within = (folder) => (folder.endsWith('.ts') ? exactly(folder) : `^${escaped(folder)}\\/`)

/** The rule of one layer: its files may import its own folder and the listed others. */
function layerRule([folder, others], index) {
  const inner = layers.slice(0, index).map(([other]) => other).filter((other) => other.startsWith(`${folder}/`))
  const entries = others.filter((other) => !other.includes('/')).flatMap(entriesOf)
  const folders = others.filter((other) => other.includes('/'))
  const path = [within(folder), ...folders.map(within), ...entries.map(exactly)]
  return { from: { path: within(folder), ...(inner.length > 0 ? { pathNot: inner.map(within) } : {}) }, to: { path } }
}

const sources = '^(packages|apps)\\/[^/]+\\/src\\/'
const npmOrCore = ['npm', 'core']

module.exports = {
  allowedSeverity: 'error',
  allowed: [
    ...layers.map(layerRule),
    // I/O layers may use Node and what their own package.json names; pure folders may not (see forbidden).
    { from: { path: sources }, to: { dependencyTypes: npmOrCore } },
    { from: { path: '^packages\\/[^/]+\\/scripts\\/' }, to: { dependencyTypes: npmOrCore } },
    // Unit tests use their whole package, Node, the test runner and whatever the workspace has installed.
    ...testFiles.map((path) => ({
      from: { path: `^(packages|apps)\\/([^/]+)\\/.+${path}` },
      to: { path: '^$1\\/$2\\/src\\/' },
    })),
    { from: { path: testFiles }, to: { path: 'node_modules\\/' } },
    { from: { path: testFiles }, to: { dependencyTypes: ['core'] } },
    // Tests of the whole and benchmarks are composition roots.
    { from: { path: '^(tests|bench|vitest[.]config)' }, to: {} },
  ],
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Files that import each other in a circle cannot be read one after the other.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-folder',
      comment: 'A pure folder touches neither Node nor npm: the same input gives the same output everywhere.',
      severity: 'error',
      from: { path: pureFolders.map(within), pathNot: testFiles },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: '^packages\\/' },
    },
    {
      name: 'no-deep-import',
      comment: 'Another package is imported by its name, never by a path into it.',
      severity: 'error',
      from: { path: '^((?:packages|apps)\\/[^/]+)\\/' },
      to: {
        path: '^(packages|apps)\\/[^/]+\\/',
        pathNot: ['^$1\\/', ...readdirSync(join(__dirname, 'packages')).flatMap(entriesOf).map(exactly)],
      },
    },
    {
      name: 'client-is-light',
      comment: 'The client installs without DuckDB and knows nothing of plans or servers.',
      severity: 'error',
      from: { path: within('packages/client/src') },
      to: { path: '^packages\\/(plan|planner|engine|scheduler|executor|server)\\/|@duckdb|koffi' },
    },
    {
      name: 'only-engine-loads-duckdb',
      comment: 'DuckDB is loaded by the engine package alone.',
      severity: 'error',
      from: { path: sources, pathNot: [within('packages/engine/src'), ...testFiles] },
      to: { path: 'node_modules\\/(@duckdb|koffi)' },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that resolves to nothing, among them a path that a package does not export.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-test-import',
      comment: 'No program imports a test or what only tests use.',
      severity: 'error',
      from: { path: sources, pathNot: testFiles },
      to: { path: testFiles },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/dist/', '^tests\\/guards\\/fixtures\\/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(__dirname, 'tsconfig.check.json') },
    combinedDependencies: false,
    moduleSystems: ['es6'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
