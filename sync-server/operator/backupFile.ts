import { createHash } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Tables } from '../storage/tables.ts'

/** Every table of a backup, in the order in which they are written and read. */
export const BACKED_UP: readonly (keyof Tables)[] = [
  'setting',
  'clock',
  'record',
  'command',
  'lane',
  'held',
  'membership',
  'projection',
  'deviceToken',
  'entryLink',
]

/** What stands beside a backup, so that a truncated or altered one is refused before anything is touched. */
export interface Manifest {
  format: 1
  madeAt: string
  rows: number
  sha256: string
  communities: { id: string; epoch: string; clock: number }[]
}

/** A backup that cannot be used. Nothing was changed. */
export class BadBackup extends Error {
  override readonly name = 'BadBackup'
}

export interface BackupLine {
  table: keyof Tables
  row: Record<string, unknown>
}

const DATA = 'backup.ndjson.gz'
const MANIFEST = 'manifest.json'

/** Writes a file whole or not at all: under another name, synced, then renamed. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(`${path}.part`, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export async function writeBackup(
  folder: string,
  bytes: Uint8Array,
  about: Omit<Manifest, 'sha256'>,
): Promise<Manifest> {
  const manifest = { ...about, sha256: sha256(bytes) }
  await writeWhole(join(folder, DATA), bytes)
  await writeWhole(join(folder, MANIFEST), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
  return manifest
}

/** @throws BadBackup when the files are missing, truncated, altered or of another format */
export async function readBackup(folder: string): Promise<{ manifest: Manifest; lines: BackupLine[] }> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest
    const bytes = await readFile(join(folder, DATA))
    if (manifest.format !== 1 || sha256(bytes) !== manifest.sha256) throw new BadBackup('the backup is damaged')
    const text = gunzipSync(bytes).toString('utf8')
    const lines = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as BackupLine)
    const sound = lines.length === manifest.rows && lines.every(({ table }) => BACKED_UP.includes(table))
    if (!sound) throw new BadBackup('the backup is damaged')
    return { manifest, lines }
  } catch (error) {
    if (error instanceof BadBackup) throw error
    throw new BadBackup(`no usable backup in ${folder}`)
  }
}
