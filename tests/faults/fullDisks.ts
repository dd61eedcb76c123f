import { spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { startServer } from '../harness/startServer.ts'
import { CannotShow, type Fault, must } from './Fault.ts'
import { operate, project } from './operate.ts'
import { mustBeWhole, type Oracle } from './Oracle.ts'
import { freshQuarter, makeFolder, type Quarter } from './quarter.ts'
import { rowsIn } from './Rows.ts'
import { inScene, Scene } from './Scene.ts'

const DISK_MB = 24

/** A file system of its own that is quickly full. @throws CannotShow without the right to mount one */
class SmallDisk {
  readonly folder = makeFolder()
  readonly #ballast = join(this.folder, 'ballast')

  constructor() {
    const { status, stderr, error } = spawnSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'qiaomen-faults', this.folder],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new CannotShow(`no file system may be mounted: ${String(error ?? stderr).trim()}`)
    process.once('exit', () => this.remove())
  }

  /** Writes until nothing more goes, and then leaves a little. */
  fill(leaveKb = 0): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (let size = 1 << 20; size >= 1; size >>= 1) while (writes(file, size));
    } finally {
      closeSync(file)
    }
    truncateSync(this.#ballast, statSync(this.#ballast).size - leaveKb * 1_024)
  }

  free(): void {
    rmSync(this.#ballast)
  }

  remove(): void {
    spawnSync('umount', ['-l', this.folder])
  }
}

function writes(file: number, size: number): boolean {
  try {
    return writeSync(file, Buffer.alloc(size)) === size
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOSPC') return false
    throw error
  }
}

async function quarterOn(folder: string): Promise<Quarter> {
  const quarter = await freshQuarter()
  cpSync(quarter.dataDir, folder, { recursive: true })
  return { ...quarter, dataDir: folder }
}

/** Full for a while, three times: 503 with a code, reads go on, and it recovers without anybody's help. */
async function diskFull(oracle: Oracle): Promise<string> {
  const disk = new SmallDisk()
  const scene = await Scene.open(oracle, {}, await quarterOn(join(disk.folder, 'live')))
  const { pid } = scene.server
  let turnedAway = 0
  try {
    for (const phone of scene.phones) await phone.drain()
    for (let time = 0; time < 3; time++) {
      for (const phone of scene.phones) await phone.knock(3)
      disk.fill()
      for (const phone of [...scene.phones, ...scene.phones]) {
        const trouble = await phone.sync()
        const coded = trouble?.code === 'storage_unavailable' && trouble.retryAfterMs
        must(coded, `a full disk is told as ${String(trouble)}`)
        turnedAway++
      }
      const asked = await scene.push(scene.hand(), [], { pull: true, unsent: 3 })
      must(asked.status === 200, `a read on a full disk is answered ${asked.status} ${asked.code}`)
      must((await scene.status('/api/me')) === 200, 'who am I is not answered on a full disk')
      must((await scene.status('/readyz')) === 503, 'a server that cannot write says that it is ready')
      mustBeWhole(oracle.find(await rowsIn(scene.quarter.dataDir)), 'on a full disk')
      disk.free()
      for (const phone of scene.phones) await phone.drain()
    }
    must(scene.server.pid === pid && (await scene.status('/readyz')) === 200, 'the server did not recover')
    return `full 3 times, ${turnedAway} pushes turned away with 503, reads went on; ${await scene.settle()}`
  } finally {
    await scene.close()
    disk.remove()
  }
}

async function diskFullDuringBackup(oracle: Oracle): Promise<string> {
  const disk = new SmallDisk()
  try {
    return await inScene(oracle, async (scene) => {
      for (const phone of scene.phones) {
        await phone.knock(4)
        await phone.drain()
      }
      const folder = join(disk.folder, 'backup')
      const good = await operate(scene.quarter.dataDir, 'backup', folder)
      must(good.code === 0, good.said)
      disk.fill()
      const failed = await operate(scene.quarter.dataDir, 'backup', folder)
      must(failed.code !== 0 && failed.said.split('\n').length === 1, `not one clear line: ${failed.said}`)
      const elsewhere = await operate(scene.quarter.dataDir, 'backup', join(disk.folder, 'second'))
      must(elsewhere.code !== 0, 'a backup without room is said to be one')
      disk.free()
      const empty = makeFolder()
      const older = await operate(empty, 'restore', folder)
      must(older.code === 0, `the backup before it is spoilt: ${older.said}`)
      const half = await operate(makeFolder(), 'restore', join(disk.folder, 'second'))
      must(half.code !== 0, 'half a backup was restored')
      return `"${failed.said}"; the older backup restores, half a one is refused; ${await scene.settle()}`
    })
  } finally {
    disk.remove()
  }
}

/** How much is left on a full disk: a start gets further with each of them, and ends somewhere else. */
const LEFT_KB = [0, 8, 24, 48, 80, 120, 200]

/** Starts on a folder that was filled up, and again on the same one when there is room: nothing half-made is in the way. */
async function startsAgain(disk: SmallDisk, dataDir: string, leaveKb: number): Promise<string | null> {
  disk.fill(leaveKb)
  const started = await startServer(dataDir).catch((error: unknown) => (error as Error).message)
  let said: string | null = null
  if (typeof started === 'string') {
    said = started.split('ended before it was ready: ')[1]?.trim() ?? started
    must(said.split('\n').length === 1, `${leaveKb} kB left: not one clear line: ${said}`)
  } else {
    await started.stop()
  }
  disk.free()
  const again = await startServer(dataDir)
  const ready = (await fetch(`${again.url}/readyz`)).status
  await again.stop()
  must(ready === 200, `${leaveKb} kB left: with room it answers ${ready}`)
  const verified = await operate(dataDir, 'verify')
  must(verified.code === 0, `${leaveKb} kB left: ${verified.said}`)
  return said
}

const wordStarts = (told: readonly (string | null)[]): string => {
  const lines = new Set(told.filter((line) => line !== null))
  const failed = told.filter((line) => line !== null).length
  return `${failed} of ${told.length} starts ended with "${[...lines].join('", "')}"; with room each starts in the same folder`
}

async function diskFullAtTheFirstStart(): Promise<string> {
  const disk = new SmallDisk()
  try {
    const told: (string | null)[] = []
    for (const leaveKb of LEFT_KB) {
      const dataDir = join(disk.folder, `first-${leaveKb}`)
      mkdirSync(dataDir)
      told.push(await startsAgain(disk, dataDir, leaveKb))
    }
    must(told[0] !== null, 'it starts without any room')
    return wordStarts(told)
  } finally {
    disk.remove()
  }
}

/** A database as the first recorded version left it: today's steps do not fit, and are taken when they do. */
async function diskFullInAMigration(): Promise<string> {
  const disk = new SmallDisk()
  const recorded = gunzipSync(readFileSync(join(project, 'tests', 'fixtures', 'v1', 'server-after.sqlite.gz')))
  try {
    const told: (string | null)[] = []
    for (const leaveKb of LEFT_KB) {
      const dataDir = join(disk.folder, `old-${leaveKb}`)
      mkdirSync(dataDir)
      writeFileSync(join(dataDir, 'qiaomen.sqlite'), recorded)
      const before = (await rowsIn(dataDir)).commands
      told.push(await startsAgain(disk, dataDir, leaveKb))
      const after = (await rowsIn(dataDir)).commands
      must(JSON.stringify(after) === JSON.stringify(before), `${leaveKb} kB left: what was answered is not what it was`)
    }
    must(told[0] !== null, 'its steps were taken without any room')
    return wordStarts(told)
  } finally {
    disk.remove()
  }
}

/** What a server does when nothing more fits. */
export const fullDiskFaults: readonly Fault[] = [
  { name: 'disk full', run: diskFull },
  { name: 'disk full during a backup', run: diskFullDuringBackup },
  { name: 'disk full at the first start', run: diskFullAtTheFirstStart },
  { name: 'disk full in a migration', run: diskFullInAMigration },
]
