import { ESLint } from 'eslint'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

/** A line of code that must not pass, where it must not, and the rule that stops it. */
type Ban = [rule: string, story: string, file: string, text: string]

const syntax = 'no-restricted-syntax'
const global = 'no-restricted-globals'
const property = 'no-restricted-properties'

const bans: Ban[] = [
  [syntax, 'a test that keeps the others from running', 'tests/domain/a.test.ts', `test.only('x', () => {})`],
  [syntax, 'a test that does not run', 'tests/domain/a.test.ts', `describe.skip('x', () => {})`],
  [syntax, 'a test that is promised', 'tests/domain/a.test.ts', `it.todo('x')`],
  [syntax, 'a table that does not run', 'tests/domain/a.test.ts', `test.skip.each([1])('x', () => {})`],
  [syntax, 'a test that runs sometimes', 'tests/domain/a.test.ts', `test.skipIf(true)('x', () => {})`],
  [syntax, 'an old word for skipping', 'tests/domain/a.test.ts', `xit('x', () => {})`],
  [syntax, 'a timed sleep', 'tests/sync/a.test.ts', `await new Promise((done) => setTimeout(done, 500))`],
  [
    syntax,
    'a timed sleep in other words',
    'tests/sync/a.test.ts',
    `await new Promise((done) => setTimeout(() => done(1), 500))`,
  ],
  [syntax, 'a timed sleep of the browser', 'tests/e2e/a.test.ts', `await page.waitForTimeout(500)`],
  [
    syntax,
    'an imported sleep',
    'tests/sync/a.test.ts',
    `import { setTimeout } from 'node:timers/promises'\nawait setTimeout(5)`,
  ],
  ['vue/no-v-html', 'markup from data', 'src/features/visits/A.vue', vue('<p v-html="note" />', `const note = ''`)],
  [
    'house/no-script-source',
    'a script from elsewhere',
    'src/ui/A.vue',
    '<template><p /></template><script src="./a.ts" lang="ts" />',
  ],
  ['house/no-chinese-text', 'a word in a template', 'src/ui/A.vue', vue('<p>敲门</p>')],
  ['house/no-chinese-text', 'a word in an attribute', 'src/ui/A.vue', vue('<p title="敲门" />')],
  ['house/no-chinese-text', 'a word in the script', 'src/ui/A.vue', vue('<p>{{ word }}</p>', `const word = '敲门'`)],
  ['house/no-chinese-text', 'a word in the engine', 'src/sync/a.ts', `export const word = '已同步'`],
  [
    'house/no-chinese-text',
    'a word in a template string',
    'sync-server/a.ts',
    'export const word = (n: number) => `${n} 条`',
  ],
  ['house/no-chinese-text', 'a word in a pattern', 'src/domain/a.ts', 'export const pattern = /栋/'],
  ['vuejs-accessibility/alt-text', 'a picture without words', 'src/ui/A.vue', vue('<img src="/a.png" />')],
  [
    'vuejs-accessibility/click-events-have-key-events',
    'a tap that no key can do',
    'src/ui/A.vue',
    vue('<div @click="go" />', 'const go = () => 1'),
  ],
  [syntax, 'markup from a string', 'src/app/a.ts', `document.body.innerHTML = '<p>'`],
  [syntax, 'markup inserted', 'src/app/a.ts', `document.body.insertAdjacentHTML('beforeend', '<p>')`],
  [global, 'a second fetch', 'src/sync/a.ts', `export const a = () => fetch('/api')`],
  [property, 'a second fetch by its long name', 'src/app/a.ts', `export const a = () => window.fetch('/api')`],
  [property, 'a beacon', 'src/app/a.ts', `navigator.sendBeacon('/api')`],
  [global, 'a second stream', 'src/sync/a.ts', `export const a = new EventSource('/api/live')`],
  [global, 'a second database', 'src/sync/a.ts', `indexedDB.open('x')`],
  [syntax, 'the clock in a rule', 'src/domain/a.ts', 'export const a = Date.now()'],
  [syntax, 'the date in a rule', 'src/domain/a.ts', 'export const a = new Date()'],
  [syntax, 'chance in a rule', 'src/domain/a.ts', 'export const a = Math.random()'],
  [syntax, 'the phone’s time zone in a rule', 'src/domain/a.ts', 'export const a = (date: Date) => date.getHours()'],
  [syntax, 'the phone’s language in a rule', 'src/domain/a.ts', `export const a = 'b'.localeCompare('c')`],
  [global, 'ids in a rule', 'src/domain/a.ts', 'export const a = crypto.randomUUID()'],
  [global, 'the window in a rule', 'src/domain/a.ts', 'export const a = window.innerWidth'],
  [global, 'the process in a rule', 'src/domain/a.ts', 'export const a = process.env'],
  [global, 'the environment in a rule', 'src/protocol/a.ts', 'export const a = globalThis'],
  [global, 'waiting in a rule', 'src/protocol/a.ts', 'setTimeout(() => 1, 5)'],
  [syntax, 'the clock on the wire', 'src/protocol/a.ts', 'export const a = Date.now()'],
  [syntax, 'a pattern that stops an old Safari', 'src/domain/a.ts', 'export const a = /(?<!b)c/'],
  [syntax, 'a pattern that stops an old Safari, on a screen', 'src/ui/A.vue', vue('<p />', 'const a = /(?<=b)c/')],
  [syntax, 'a signal that old phones lack', 'src/remote/a.ts', 'export const a = AbortSignal.timeout(5)'],
  [syntax, 'a clone that old phones lack', 'src/db/a.ts', 'export const a = structuredClone({})'],
  [syntax, 'an id that old phones cannot make', 'src/app/a.ts', 'export const a = crypto.randomUUID()'],
  [syntax, 'a barrel', 'src/domain/index.ts', `export * from './a.ts'`],
  [syntax, 'a barrel by names', 'sync-server/storage/all.ts', `export { a } from './a.ts'`],
  [
    '@typescript-eslint/consistent-type-imports',
    'a type imported as code',
    'src/app/a.ts',
    `import { A } from './b.ts'\nexport type B = A`,
  ],
  ['@typescript-eslint/no-explicit-any', 'a hole in the types', 'src/app/a.ts', 'export const a: any = 1'],
]

function vue(template: string, script = ''): string {
  return `<script setup lang="ts">\n${script}\n</script>\n\n<template>${template}</template>\n`
}

const project = path.resolve(import.meta.dirname, '../..')

/** The planted files are in no TypeScript project, so the rules that need types are tried by themselves below. */
const withoutTypes = new ESLint({
  cwd: project,
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: false } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-misused-promises': 'off',
      '@typescript-eslint/await-thenable': 'off',
    },
  },
})

const withTypes = new ESLint({
  cwd: project,
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['src/sync/planted.ts'] } } },
  },
})

async function brokenRules(linter: ESLint, file: string, text: string): Promise<(string | null)[]> {
  const results = await linter.lintText(`${text}\n`, { filePath: path.join(project, file) })
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => ruleId ?? message))
}

describe('lint bans bite', () => {
  test.for(bans)('%s: %s', async ([rule, , file, text]) => {
    expect(await brokenRules(withoutTypes, file, text)).toContain(rule)
  })

  test('@typescript-eslint/no-floating-promises: a save that nobody waits for', async () => {
    const text = `async function save() {}\nexport function tap() {\n  save()\n}`
    expect(await brokenRules(withTypes, 'src/sync/planted.ts', text)).toEqual([
      '@typescript-eslint/no-floating-promises',
    ])
  })

  const allowed: [story: string, file: string, text: string][] = [
    ['words where they live', 'src/messages/visits.ts', `export const words = { knock: '敲门' }`],
    ['a comment that quotes the glossary', 'src/domain/a.ts', `/** Created as 待核实. */\nexport const a = 1`],
    ['the one fetch', 'src/remote/request.ts', `export const request = () => fetch('/api/sync')`],
    ['the one stream', 'src/remote/live.ts', `export const live = () => new EventSource('/api/live')`],
    [
      'a date made from a given moment',
      'src/domain/a.ts',
      'export const a = (at: number) => new Date(at).toISOString()',
    ],
    ['the clock of the server', 'sync-server/a.ts', 'export const now = () => Date.now()'],
    ['the one wait', 'tests/harness/waitUntil.ts', 'await new Promise((done) => setTimeout(done, 20))'],
    [
      'a limit on how long something may take',
      'tests/sync/a.test.ts',
      `export const limit = new Promise((_, fail) => {\n  const timer = setTimeout(() => {\n    clearTimeout(timer)\n    fail(1)\n  }, 500)\n})`,
    ],
    ['an ordinary test', 'tests/domain/a.test.ts', `test('敲门', () => {})`],
  ]
  test.for(allowed)('allowed: %s', async ([, file, text]) => {
    expect(await brokenRules(withoutTypes, file, text)).toEqual([])
  })
})
