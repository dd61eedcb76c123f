import vue from 'eslint-plugin-vue'
import accessibility from 'eslint-plugin-vuejs-accessibility'
import tseslint from 'typescript-eslint'
import { noChineseText } from './scripts/lint/noChineseText.js'
import { noScriptSource } from './scripts/lint/noScriptSource.js'

const house = { rules: { 'no-chinese-text': noChineseText, 'no-script-source': noScriptSource } }

const seam = 'Effects go through the seam: take the clock, the randomness and the environment as arguments.'

/** @param {string[]} names @param {string} message */
const globals = (names, message) => names.map((name) => ({ name, message }))

/** @param {Record<string, string>} selectors */
const syntax = (selectors) => Object.entries(selectors).map(([selector, message]) => ({ selector, message }))

const noBarrels = {
  ExportAllDeclaration: 'No barrels: import from the file that holds the thing.',
  'ExportNamedDeclaration[source]': 'No barrels: import from the file that holds the thing.',
}

const noRawMarkup = {
  'AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]':
    'Text goes onto the screen as text, never as markup.',
  'CallExpression[callee.property.name="insertAdjacentHTML"]': 'Text goes onto the screen as text, never as markup.',
  'CallExpression[callee.object.name="document"][callee.property.name="write"]': 'Text goes onto the screen as text.',
}

/** What an older phone lacks, where no polyfill helps: Safari 14, Chromium 87. */
const tooNew = {
  'Literal[regex.pattern=/[(][?]<[!=]/]': 'Safari before 16.4 stops at a lookbehind, and with it the whole app.',
  'CallExpression[callee.name="structuredClone"]': 'Safari before 15.4 has no structuredClone.',
  'MemberExpression[object.name="AbortSignal"][property.name=/^(timeout|any)$/]':
    'Safari before 16 has no such signal.',
  'MemberExpression[object.name="crypto"][property.name="randomUUID"]': 'Safari before 15.4 has no randomUUID.',
}

const impure = {
  'NewExpression[callee.name="Date"][arguments.length=0]': seam,
  'CallExpression[callee.name="Date"]': seam,
  'MemberExpression[object.name="Date"][property.name="now"]': seam,
  'MemberExpression[object.name="Math"][property.name="random"]': seam,
  'CallExpression[callee.property.name=/^(get|set)(Hours|Minutes|Day|Date|Month|FullYear|TimezoneOffset)$/]':
    'The answer depends on the time zone of the device: reckon with the community’s own.',
  'CallExpression[callee.property.name=/^(toLocale|localeCompare)/]':
    'The answer depends on the device: compare code points.',
}

const testSeries = '/^(test|it|describe|suite|bench)$/'
const honestTests = {
  [`MemberExpression[object.name=${testSeries}][property.name=/^(only|skip|todo|fails|skipIf|runIf)$/]`]:
    'Every test runs, in every run.',
  [`MemberExpression[object.object.name=${testSeries}][property.name=/^(only|skip|todo)$/]`]:
    'Every test runs, in every run.',
  'CallExpression[callee.name=/^(fit|xit|xtest|fdescribe|xdescribe)$/]': 'Every test runs, in every run.',
  // A promise that a timer alone fulfils; a timer that gives up on something else is a limit, and fine.
  'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]:matches([arguments.0.type="Identifier"], [arguments.0.body.type="CallExpression"], [arguments.0.body.body.length=1])':
    'No timed sleeps: wait for the thing itself (tests/harness/waitUntil.ts).',
  'ImportDeclaration[source.value=/^(node:)?timers[/]promises$/]':
    'No timed sleeps: wait for the thing itself (tests/harness/waitUntil.ts).',
  'CallExpression[callee.property.name="waitForTimeout"]': 'No timed sleeps: wait for the thing itself.',
}

export default tseslint.config(
  { ignores: ['node_modules/**', 'dist/**', 'data/**', 'coverage/**', '.cache/**', 'test-results/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended,
  ...vue.configs['flat/essential'],
  ...accessibility.configs['flat/recommended'],
  {
    plugins: { house },
    rules: {
      eqeqeq: 'error',
      'no-async-promise-executor': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      'no-control-regex': 'error',
      'no-empty': 'error',
      'no-irregular-whitespace': 'error',
      'no-loss-of-precision': 'error',
      'no-misleading-character-class': 'error',
      'no-self-assign': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'no-console': 'off',
      'no-implicit-coercion': 'error',
      'no-param-reassign': 'error',
      'no-warning-comments': ['error', { terms: ['fixme', 'xxx'] }],
      'prefer-const': 'error',
      'require-yield': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', ...syntax(noBarrels)],
    },
  },
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'house/no-script-source': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/require-typed-ref': 'error',
      'vue/define-props-declaration': 'error',
      'vue/define-emits-declaration': 'error',
      // The label and its control are siblings tied by an id; nesting them as well would be said twice by a screen reader.
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
    },
  },
  {
    files: ['src/**/*.ts', 'src/**/*.vue'],
    rules: {
      'no-restricted-syntax': ['error', ...syntax({ ...noBarrels, ...noRawMarkup, ...tooNew })],
      'no-restricted-globals': [
        'error',
        ...globals(['fetch', 'XMLHttpRequest'], 'src/remote/request.ts holds the only fetch.'),
        ...globals(['EventSource', 'WebSocket'], 'src/remote/live.ts holds the only EventSource.'),
        ...globals(['indexedDB'], 'src/db holds the only database.'),
      ],
      'no-restricted-properties': [
        'error',
        ...['window', 'globalThis', 'self'].flatMap((object) => [
          { object, property: 'fetch', message: 'src/remote/request.ts holds the only fetch.' },
          { object, property: 'EventSource', message: 'src/remote/live.ts holds the only EventSource.' },
          { object, property: 'indexedDB', message: 'src/db holds the only database.' },
        ]),
        { object: 'navigator', property: 'sendBeacon', message: 'src/remote/request.ts holds the only way out.' },
      ],
    },
  },
  {
    // browserSeam.ts hands the browser's own effects to rooms that take them as arguments.
    files: ['src/remote/request.ts', 'src/remote/live.ts', 'src/db/**', 'src/app/browserSeam.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: ['src/domain/**/*.ts', 'src/protocol/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...syntax({ ...noBarrels, ...tooNew, ...impure })],
      'no-restricted-globals': [
        'error',
        ...globals(
          ['window', 'document', 'navigator', 'localStorage', 'self', 'globalThis', 'process', 'Buffer'],
          seam,
        ),
        ...globals(['crypto', 'performance', 'fetch', 'EventSource', 'indexedDB', 'console', 'Intl'], seam),
        ...globals(['setTimeout', 'setInterval', 'queueMicrotask', 'structuredClone'], seam),
      ],
    },
  },
  {
    files: ['src/**', 'sync-server/**', 'scripts/**'],
    ignores: ['src/messages/**', 'src/content/**', 'src/domain/roster/**', 'scripts/build-content.js'],
    rules: { 'house/no-chinese-text': 'error' },
  },
  {
    // Where a forgotten await loses somebody's evening. The screens are left out: they only start these promises.
    files: ['src/{db,sync,remote}/**/*.ts', 'sync-server/**/*.ts', 'tests/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    files: ['tests/**/*.ts'],
    ignores: ['tests/harness/waitUntil.ts'],
    rules: { 'no-restricted-syntax': ['error', ...syntax({ ...noBarrels, ...honestTests })] },
  },
  {
    files: ['src/service-worker/killSwitch.js'],
    languageOptions: { globals: { self: 'readonly', caches: 'readonly' } },
  },
)
