import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline, Readable, Transform } from 'node:stream'
import { pipeline as run } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { StorageTrouble } from '../storage/StorageTrouble.ts'
import type { Tables } from '../storage/tables.ts'

/** Every table of a backup with its primary key, in the order in which they are written and read. */
export const BACKED_UP = {
  setting: ['name'],
  clock: ['community'],
  record: ['community', 'kind', 'id'],
  command: ['community', 'id'],
  lane: ['community', 'device', 'incarnation'],
  held: ['community', 'id'],
  projection: ['community', 'kind', 'id'],
  deviceToken: ['community', 'tokenHash'],
  entryLink: ['community', 'tokenHash'],
} as const satisfies Partial<Record<keyof Tables, readonly string[]>>

export type BackedUp = keyof typeof BACKED_UP

/**
 * Tables that no backup holds: the journal must outlive every restore, and what a device was told it may read is of the
 * history that it stands in.
 */
export const LEFT_OUT = ['journal', 'membership'] as const satisfies readonly (keyof Tables)[]

/** What stands beside a backup, so that a truncated or altered one is refused before anything is touched. */
export interface Manifest {
  /** 1 had one file name for ever, and the memberships among its rows. */
  format: 1 | 2
  /** Name of the file with the rows. It is another one for each backup, so that an unfinished one spoils none before it. */
  file: string
  madeAt: string
  rows: number
  /** Of the file as it lies there. */
  sha256: string
  /** The steps of the schema that the rows were read under. */
  steps: string[]
  communities: { id: string; epoch: string; clock: number }[]
}

type BadBackupCode = 'backup_empty' | 'backup_missing' | 'backup_damaged' | 'backup_newer'

/** A backup that cannot be used, or must not be made. Nothing was changed. */
export class BadBackup extends Error {
  override readonly name = 'BadBackup'
  readonly code: BadBackupCode

  constructor(code: BadBackupCode, message: string) {
    super(`${code}: ${message}`)
    this.code = code
  }
}

export interface BackupLine {
  table: BackedUp
  row: Record<string, unknown>
}

const MANIFEST = 'manifest.json'
const isData = (name: string): boolean => /^backup(-[0-9A-Za-z-]+)?\.ndjson\.gz(\.part)?$/.test(name)
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/**
 * Writes a backup as its rows come, so that its size does not matter. The rows are synchronised to the disk before the
 * manifest names them, and the manifest appears whole or not at all: until then the backup before it is the good one.
 *
 * @throws StorageTrouble `disk_full`, with nothing left behind
 */
export async function writeBackup(
  folder: string,
  lines: AsyncIterable<string>,
  about: () => Omit<Manifest, 'format' | 'file' | 'sha256'>,
): Promise<Manifest> {
  const file = `backup-${Date.now().toString(36)}-${process.pid}.ndjson.gz`
  try {
    await mkdir(folder, { recursive: true })
    const hash = createHash('sha256')
    const rows = Readable.from(lines, { objectMode: true })
    await run(rows, createGzip(), hashing(hash), createWriteStream(join(folder, `${file}.part`)))
    await settleFile(folder, file)
    const manifest: Manifest = { format: 2, file, ...about(), sha256: hash.digest('hex') }
    const text = createWriteStream(join(folder, `${MANIFEST}.part`))
    await run(Readable.from([`${JSON.stringify(manifest, null, 2)}\n`]), text)
    await settleFile(folder, MANIFEST)
    await removeOthers(folder, file)
    return manifest
  } catch (error) {
    await removeOthers(folder, await namedFile(folder)).catch(() => {})
    throw nameFullDisk(error, folder)
  }
}

/** A full disk by its code; any other error as it is. */
export function nameFullDisk(error: unknown, folder: string): unknown {
  if (!FULL.has((error as { code?: string }).code ?? '')) return error
  return new StorageTrouble('disk_full', `no room for the backup in ${folder}; the one before it is untouched`, error)
}

/** Gives a file its name once its bytes are on the disk. */
async function settleFile(folder: string, name: string): Promise<void> {
  const file = await open(join(folder, `${name}.part`), 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(join(folder, `${name}.part`), join(folder, name))
  const place = await open(folder, 'r')
  try {
    await place.sync()
  } finally {
    await place.close()
  }
}

async function namedFile(folder: string): Promise<string | null> {
  return readManifest(folder).then(
    ({ file }) => file,
    () => null,
  )
}

async function removeOthers(folder: string, kept: string | null): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== kept && (isData(name) || name === `${MANIFEST}.part`)) await rm(join(folder, name), { force: true })
  }
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
}

/** @throws BadBackup when there is none, or none that this server can read */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => null)
  if (text === null) throw new BadBackup('backup_missing', `there is no backup in ${folder}`)
  try {
    const manifest = JSON.parse(text) as Manifest
    if ((manifest.format as number) > 2) throw new BadBackup('backup_newer', 'a newer server made this backup')
    if (manifest.format === 1) return { ...manifest, file: 'backup.ndjson.gz', steps: ['001-records'] }
    if (manifest.format === 2 && isData(manifest.file) && Array.isArray(manifest.steps)) return manifest
  } catch (error) {
    if (error instanceof BadBackup) throw error
  }
  throw new BadBackup('backup_damaged', `the backup in ${folder} is damaged`)
}

/**
 * The rows of a backup, one after the other, checked on the way: a reader that comes to the end has read exactly what
 * was written.
 *
 * @throws BadBackup `backup_damaged` when the file is missing, truncated or altered
 */
export async function* readBackup(folder: string, manifest: Manifest): AsyncGenerator<BackupLine> {
  const damaged = new BadBackup('backup_damaged', `the backup in ${folder} is damaged`)
  const hash = createHash('sha256')
  const text = createGunzip().setEncoding('utf8')
  pipeline(createReadStream(join(folder, manifest.file)), hashing(hash), text, () => {})
  let rows = 0
  try {
    for await (const line of linesOf(text)) {
      const parsed = JSON.parse(line) as BackupLine
      rows++
      if ((LEFT_OUT as readonly string[]).includes(parsed.table)) continue
      if (!Object.hasOwn(BACKED_UP, parsed.table)) throw damaged
      yield parsed
    }
  } catch {
    throw damaged
  } finally {
    text.destroy()
  }
  if (rows !== manifest.rows || hash.digest('hex') !== manifest.sha256) throw damaged
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield line
  }
  if (rest !== '') yield rest
}
