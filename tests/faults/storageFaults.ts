import { spawn, spawnSync } from 'node:child_process'
import { closeSync, cpSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { openStorage } from '../../sync-server/storage/openStorage.ts'
import { spoil } from '../harness/spoil.ts'
import { type Fault, must } from './Fault.ts'
import { derivedFaults, mustBeWhole, type Oracle } from './Oracle.ts'
import { operate, runProgram } from './operate.ts'
import { makeFolder } from './quarter.ts'
import { rowsIn } from './Rows.ts'
import { inScene } from './Scene.ts'

/** Another process holds the file: for a moment, and for longer than a writer waits. */
async function busy(oracle: Oracle): Promise<string> {
  return inScene(oracle, async (scene) => {
    const file = join(scene.quarter.dataDir, 'qiaomen.sqlite')
    const hold = async (forMs: number) => {
      const other = new DatabaseSync(file)
      other.exec('begin immediate')
      const released = Promise.withResolvers<void>()
      setTimeout(() => (other.exec('rollback'), other.close(), released.resolve()), forMs)
      for (const phone of scene.phones) await phone.knock(2)
      const troubles = await Promise.all(scene.phones.map((phone) => phone.sync()))
      must((await scene.status('/api/me')) === 200, 'reads wait for a writer')
      await released.promise
      return troubles
    }
    const short = await hold(1_500)
    must(
      short.every((trouble) => trouble === null),
      `a short wait was not waited for: ${short.map(String).join()}`,
    )
    const long = await hold(9_000)
    const coded = long.every((trouble) => trouble === null || trouble.code === 'storage_unavailable')
    must(coded && long.some((trouble) => trouble !== null), `a long wait is told as ${long.map(String).join()}`)
    return `held 1.5 s: all pushed; held 9 s: ${long.filter(Boolean).length} of 4 told 503; ${await scene.settle()}`
  })
}

async function secondProcess(oracle: Oracle): Promise<string> {
  return inScene(oracle, async (scene) => {
    const { dataDir } = scene.quarter
    const pushing = Promise.all(scene.phones.map(async (phone) => (await phone.knock(6), phone.drain())))
    const second = await runProgram('sync-server/main.ts', [], { DATA_DIR: dataDir, PORT: '0' })
    must(second.code === 1 && second.said.startsWith('data_dir_in_use'), `the second process said: ${second.said}`)
    const backup = makeFolder()
    must((await operate(dataDir, 'backup', backup)).code === 0, 'an operator may not work beside a server')
    const restore = await operate(dataDir, 'restore', backup)
    must(restore.code === 1 && restore.said.startsWith('data_dir_in_use'), `a restore under a server: ${restore.said}`)
    await pushing
    await scene.restart()
    return `"${second.said}", for a restore too; after a kill the next one starts; ${await scene.settle()}`
  })
}

async function backupWhileWriting(oracle: Oracle): Promise<string> {
  return inScene(oracle, async (scene) => {
    let writing = true
    const pushing = scene.phones.map(async (phone) => {
      while (writing) {
        await phone.knock(3)
        await phone.sync()
      }
    })
    const sizes: number[] = []
    for (let nth = 0; nth < 4; nth++) {
      const before = new Map(oracle.acknowledged)
      const folder = makeFolder()
      const made = await operate(scene.quarter.dataDir, 'backup', folder)
      must(made.code === 0, made.said)
      const dataDir = makeFolder()
      const restored = await operate(dataDir, 'restore', folder)
      must(restored.code === 0, restored.said)
      const rows = await rowsIn(dataDir)
      const found = oracle.find(rows, before)
      found.doubled.push(...derivedFaults(rows))
      mustBeWhole(found, `in backup ${nth + 1}`)
      const verified = await operate(dataDir, 'verify')
      must(verified.code === 0, verified.said)
      sizes.push(rows.commands.length)
    }
    writing = false
    await Promise.all(pushing)
    must(new Set(sizes).size === sizes.length, 'nothing was written meanwhile')
    return `4 backups of ${sizes.join(', ')} commands, each one moment, restored and verified; ${await scene.settle()}`
  })
}

/** Damaged in every way; the live database must not change by a byte of content. */
async function truncatedBackup(oracle: Oracle): Promise<string> {
  return inScene(oracle, async (scene) => {
    const { dataDir } = scene.quarter
    for (const phone of scene.phones) {
      await phone.knock(4)
      await phone.drain()
    }
    const whole = makeFolder()
    must((await operate(dataDir, 'backup', whole)).code === 0, 'no backup')
    for (const phone of scene.phones) {
      await phone.knock(2)
      await phone.drain()
    }
    await scene.server.stop('SIGTERM')
    const before = JSON.stringify(await rowsIn(dataDir))
    const names = spawnSync('ls', [whole], { encoding: 'utf8' }).stdout.trim().split('\n')
    let refused = 0
    for (const name of names) {
      const { size } = statSync(join(whole, name))
      for (const length of new Set(
        [0, Math.floor(size / 2), size - 2].filter((shorter) => shorter >= 0 && shorter < size),
      )) {
        const damaged = makeFolder()
        cpSync(whole, damaged, { recursive: true })
        truncateSync(join(damaged, name), length)
        const { code, said } = await operate(dataDir, 'restore', damaged)
        // Two bytes, because a text that lost only its last line break still says the same.
        if (code === 0) throw new Error(`${name} of ${length} of ${size} bytes was restored`)
        must(said.split('\n').length === 1, `not one clear line: ${said}`)
        must(JSON.stringify(await rowsIn(dataDir)) === before, 'a refused restore changed something')
        refused++
      }
    }
    await scene.restart()
    return `${refused} damaged backups refused, the live database untouched; ${await scene.settle()}`
  })
}

/** Pages spoilt while the server is down, and found when it reads them: nothing is written over them, and it is told. */
async function corruptPages(oracle: Oracle): Promise<string> {
  return inScene(oracle, async (scene) => {
    for (const phone of scene.phones) {
      await phone.knock(12)
      await phone.drain()
    }
    await scene.server.stop('SIGTERM')
    const { dataDir } = scene.quarter
    const file = join(dataDir, 'qiaomen.sqlite')
    const pristine = readFileSync(file)
    const spoilt = spoil(file, 'projection')
    const after = readFileSync(file)
    await scene.restart()
    const { pid } = scene.server
    const troubles = []
    for (const phone of scene.phones) {
      await phone.knock(1)
      troubles.push(await phone.sync())
    }
    const codes = troubles.map((trouble) => trouble?.code ?? 'none')
    must(
      codes.every((code) => code === 'storage_unavailable'),
      `pushes onto damaged pages are told ${codes.join()}`,
    )
    must((await scene.status('/readyz')) === 503, 'a server on damaged pages says that it is ready')
    must((await scene.status('/api/me')) === 200, 'reads of sound pages do not go on')
    const asked = await scene.push(scene.hand(), [], { pull: true, unsent: 1 })
    must(asked.status === 200, `a pull of sound pages is answered ${asked.status}`)
    const metrics = await (await fetch(`${scene.server.url}/metrics`)).text()
    must(/^qiaomen_storage_damaged 1$/m.test(metrics), 'no alarm in the figures')
    must(scene.server.pid === pid, 'the server did not live on')
    await scene.server.stop('SIGTERM')
    must(readFileSync(file).equals(after), 'somebody wrote into a damaged database')
    const verified = await operate(dataDir, 'verify')
    must(verified.code !== 0, `verify finds nothing: ${verified.said}`)
    const sound = openSync(file, 'r+')
    writeSync(sound, pristine, 0, pristine.length, 0)
    closeSync(sound)
    await scene.restart()
    return `${spoilt} pages spoilt: 503 and an alarm, reads go on, not a byte written; ${await scene.settle()}`
  })
}

const crashScript = fileURLToPath(new URL('../sync-server/storage/openInChild.ts', import.meta.url))

/** A process killed before each statement of each step; the next start finishes. */
async function crashInEveryStep(): Promise<string> {
  const kill = (dataDir: string, killAt: number) =>
    new Promise<string>((resolve) => {
      const child = spawn(process.execPath, [
        '--disable-warning=ExperimentalWarning',
        crashScript,
        JSON.stringify({ dataDir, killAt }),
      ])
      child.stdout.on('data', () => child.kill('SIGTERM'))
      child.once('exit', (_code, signal) => resolve(String(signal)))
    })
  const schemaIn = (dataDir: string) => {
    const database = new DatabaseSync(join(dataDir, 'qiaomen.sqlite'), { readOnly: true })
    const rows = database.prepare('select type, name, sql from sqlite_master order by type, name').all()
    const [sound] = database.prepare('pragma integrity_check').all()
    database.close()
    must(sound?.['integrity_check'] === 'ok', 'the file is damaged')
    return JSON.stringify(rows)
  }
  const finish = async (dataDir: string) => (await openStorage({ dataDir })).close()
  const reference = makeFolder()
  await finish(reference)
  const wanted = schemaIn(reference)
  let killed = 0
  let next = 1
  let last = Infinity
  // Two processes at once; each is killed before another statement, until a start needs no more of them.
  const work = async () => {
    while (next < last) {
      const at = next++
      const dataDir = makeFolder()
      if ((await kill(dataDir, at)) !== 'SIGKILL') {
        last = Math.min(last, at)
        continue
      }
      killed++
      await finish(dataDir)
      must(schemaIn(dataDir) === wanted, `killed before statement ${at}, the next start made another schema`)
    }
  }
  await Promise.all([work(), work()])
  must(killed > 40, `only ${killed} statements`)
  return `killed before each of ${killed} statements; each time the next start finished the same schema`
}

export const storageFaults: readonly Fault[] = [
  { name: 'a busy database', run: busy },
  { name: 'a second process on the same file', run: secondProcess },
  { name: 'a backup while writing', run: backupWhileWriting },
  { name: 'a truncated backup', run: truncatedBackup },
  { name: 'a corrupt page', run: corruptPages },
  { name: 'a crash in every migration step', run: crashInEveryStep },
]
