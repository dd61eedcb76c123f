import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** What a file of a room must not be able to name or write, and the compiler's code for it. */
type Wall = [project: string, story: string, text: string, code: number]

const unknownName = 2304
const unknownNameNeedsLibrary = 2584
const unknownNameNeedsTypes = 2591

const walls: Wall[] = [
  ['pure', 'a rule sees no window', 'export const a = window.innerWidth', unknownName],
  ['pure', 'a rule sees no document', 'export const a = document.title', unknownNameNeedsLibrary],
  ['pure', 'a rule sees no process', 'export const a = process.pid', unknownNameNeedsTypes],
  ['pure', 'a rule sees no fetch', `export const a = fetch('/api')`, unknownName],
  ['pure', 'a rule sees no crypto', 'export const a = crypto.randomUUID()', unknownName],
  ['pure', 'a rule cannot wait', 'setTimeout(() => 1, 5)', unknownName],
  ['server', 'the server sees no document', 'export const a = document.title', unknownNameNeedsLibrary],
  ['server', 'the server sees no indexedDB', `export const a = indexedDB.open('x')`, unknownName],
  ['app', 'the app sees no process', 'export const a = process.pid', unknownNameNeedsTypes],
  ['app', 'the app sees no Buffer', `export const a = Buffer.from('x')`, unknownNameNeedsTypes],
  ['worker', 'the worker sees no document', 'export const a = document.title', unknownNameNeedsLibrary],
  ['server', 'an enum does not run as it stands', 'export enum A { b }', 1294],
  ['pure', 'a missing element is undefined', `export const a = (list: string[]): string => list[0]`, 2322],
  ['pure', 'a type is imported as a type', `import { B } from './b.ts'\nexport type A = B`, 1484],
]

const root = path.resolve(import.meta.dirname, '../..')
let ground = ''

beforeAll(() => {
  mkdirSync(path.join(root, '.cache'), { recursive: true })
  ground = mkdtempSync(path.join(root, '.cache', 'types-'))
  writeFileSync(path.join(ground, 'b.ts'), 'export type B = string\n')
})
afterAll(() => rmSync(ground, { recursive: true, force: true }))

function codesOf(project: string, text: string): number[] {
  const file = path.join(ground, `${project}.ts`)
  writeFileSync(file, `${text}\n`)
  const read = ts.readConfigFile(path.join(root, `tsconfig.${project}.json`), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root)
  const program = ts.createProgram([file], { ...options, incremental: false, tsBuildInfoFile: undefined })
  return ts.getPreEmitDiagnostics(program).map(({ code }) => code)
}

describe('type walls stand', () => {
  test.for(walls)('%s: %s', ([project, , text, code]) => {
    expect(codesOf(project, text)).toEqual([code])
  })

  test('what belongs into each room compiles', () => {
    expect(codesOf('pure', 'export const a = [1, 2].at(-1)')).toEqual([])
    expect(codesOf('app', 'export const a = document.title')).toEqual([])
    expect(codesOf('server', 'export const a = process.pid')).toEqual([])
    expect(codesOf('worker', 'export const a = (event: ExtendableEvent) => event.waitUntil(caches.keys())')).toEqual([])
  })
})
