import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const program = path.resolve(import.meta.dirname, '../../../sync-server/operator/qiaomen.ts')

/** Runs the operator's command line as a person would, on a data folder that is not there yet. */
function qiaomen(...words: string[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'qiaomen-words-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const dataDir = path.join(folder, 'data')
  const env = { ...process.env, DATA_DIR: dataDir, DATABASE_URL: undefined }
  const ran = spawnSync(process.execPath, [program, ...words], { env, cwd: folder, encoding: 'utf8' })
  return { ...ran, folder, dataDir }
}

test.each([
  ['an unknown flag', ['restore', 'backup', '--dryrun'], '--dryrun'],
  ['a flag of another verb', ['restore', 'backup', '--dry-run'], 'restore has no --dry-run'],
  ['a dry run of what has none', ['backup', 'to', '--dry-run'], 'backup has no --dry-run'],
  ['a journal where none is read', ['verify', '--journal', 'x'], 'verify has no --journal'],
  ['a word too many', ['prune', 'everything'], 'prune takes no "everything"'],
  ['two folders', ['backup', 'a', 'b'], 'exactly one DIR'],
  ['a verb of nobody', ['toString'], 'there is no verb "toString"'],
])('%s is told in one line, and nothing is done', (_what, words, says) => {
  const { status, stderr, stdout, folder, dataDir } = qiaomen(...words)
  expect(status).toBe(2)
  expect(stderr.split('\n')[0]).toContain(says)
  expect(stderr).toContain('usage: npm run qiaomen')
  expect(stderr).not.toContain('    at ')
  expect(stdout).toBe('')
  expect(existsSync(dataDir)).toBe(false)
  expect(readdirSync(folder)).toEqual([])
})

test('--help lists every verb and is no error', () => {
  const { status, stdout, stderr } = qiaomen('--help')
  expect(status).toBe(0)
  expect(stderr).toBe('')
  for (const verb of ['init-officer', 'backup DIR', 'restore DIR [--journal FILE]', 'doctor'])
    expect(stdout).toContain(verb)
})

test.each([['backup', 'backup'], ['verify'], ['export', 'tables'], ['prune'], ['fold', '--dry-run']])(
  '%s makes no database where DATA_DIR is wrong, and says so',
  (...words) => {
    const { status, stderr, stdout, folder } = qiaomen(...words)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^no_database: .*is DATA_DIR right\?\n$/)
    expect(stdout).toBe('')
    expect(readdirSync(folder)).toEqual([])
  },
)

test('doctor finds that there is no database, and makes none', () => {
  const { status, stdout, folder } = qiaomen('doctor')
  expect(status).toBe(1)
  expect(stdout).toMatch(/^LOOK database no_database: /m)
  expect(readdirSync(folder)).toEqual([])
})

test('an empty database does not take the place of a good backup', () => {
  const { folder, dataDir } = qiaomen('--help')
  const env = { ...process.env, DATA_DIR: dataDir, DATABASE_URL: undefined }
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [program, ...words], { env, cwd: folder, encoding: 'utf8' })
  expect(run('init-officer').status).toBe(0)
  expect(run('backup', 'good').status).toBe(0)
  const kept = readdirSync(path.join(folder, 'good')).sort()
  rmSync(dataDir, { recursive: true })
  mkdirSync(dataDir)
  writeFileSync(path.join(dataDir, 'qiaomen.sqlite'), '')
  const again = run('backup', 'good')
  expect([again.status, again.stderr]).toEqual([1, 'backup_empty: there is no community in this database\n'])
  expect(readdirSync(path.join(folder, 'good')).sort()).toEqual(kept)
})
