/** Lint: what the compiler lets through but the style guide does not. */
import tseslint from 'typescript-eslint'

const pureFolders = [
  'packages/common/src/**/*.ts',
  'packages/plan/src/**/*.ts',
  'packages/planner/src/**/*.ts',
  'packages/scheduler/src/core/**/*.ts',
  'packages/executor/src/core/**/*.ts',
]

/** Time, I/O and the environment reach a pure folder only inside events and arguments. */
const ambientNames = [
  'Date', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'process', 'fetch',
  'console', 'crypto', 'Buffer', 'require', 'global', 'globalThis',
]

const bannedSyntax = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
  { selector: 'TSModuleDeclaration[kind!="global"]', message: 'Use files as modules.' },
  {
    selector: 'SwitchStatement[discriminant.property.name="kind"] > SwitchCase[test=null]',
    message: 'A switch over kinds has no default: the compiler finds the places a new kind needs.',
  },
  { selector: 'ExportDefaultDeclaration', message: 'Use named exports.' },
]

const typedRules = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': [
    'error',
    { allowDefaultCaseForExhaustiveSwitch: false, considerDefaultExhaustiveForUnions: true },
  ],
  '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/only-throw-error': 'error',
  'no-restricted-syntax': ['error', ...bannedSyntax],
  eqeqeq: 'error',
  'no-var': 'error',
  'prefer-const': 'error',
}

export default tseslint.config(
  {
    ignores: [
      '**/dist/**', '**/node_modules/**', 'packages/protocol/src/generated/**', 'tests/guards/fixtures/**',
      'target/**', '.arbalest/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: typedRules,
  },
  {
    files: pureFolders,
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: {
      'no-restricted-globals': ['error', ...ambientNames],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts', 'tests/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['vitest.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    rules: { eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error', 'no-unused-vars': 'error' },
  },
)
