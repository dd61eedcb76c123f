import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { seededRng } from '../harness/world.ts'
import { type Cut, Disk, type DiskEvent } from './Disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'disk-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'log'), 'durable.')

const write = (at: number, text: string): DiskEvent => ({ kind: 'write', file: '/x/log', at, bytes: Buffer.from(text) })

function left(disk: Disk, cut: Cut, seed: number): string {
  disk.leave(join(folder, 'left'), cut, seededRng(seed))
  return readFileSync(join(folder, 'left/log'), 'utf8')
}

test('what was synced stays, and of what was not nothing, a beginning or any sectors', () => {
  const disk = Disk.of(folder, ['log'])
  disk.apply(write(8, 'synced.'))
  expect(left(disk, 'nothing', 1)).toBe('durable.')
  disk.apply({ kind: 'sync', file: '/x/log' })
  expect(left(disk, 'nothing', 1)).toBe('durable.synced.')
  disk.apply(write(15, 'a'.repeat(600)))
  disk.apply(write(615, 'b'.repeat(600)))
  expect(disk.pending).toBe(2)
  const torn = new Set<number>()
  for (let seed = 1; seed <= 40; seed++) {
    expect(left(disk, 'nothing', seed)).toBe('durable.synced.')
    const beginning = left(disk, 'torn', seed)
    expect(`durable.synced.${'a'.repeat(600)}${'b'.repeat(600)}`.startsWith(beginning)).toBe(true)
    torn.add(beginning.length)
    expect(left(disk, 'sectors', seed)).toMatch(/^durable[.]synced[.][ab\0]*$/)
  }
  expect(torn.size).toBeGreaterThan(10)
  const anySectors = Array.from({ length: 40 }, (_, seed) => left(disk, 'sectors', seed + 1))
  expect(anySectors.some((text) => text.includes('\0') && text.endsWith('b'))).toBe(true)
})

test('a file that the disk does not know is an error, the index of the log is not', () => {
  const disk = Disk.of(folder, ['log'])
  disk.apply({ kind: 'truncate', file: '/x/log-shm', length: 3 })
  expect(() => disk.apply({ kind: 'sync', file: '/x/other' })).toThrow('other')
})
