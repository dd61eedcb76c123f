/**
 * `npm run drill [-- --gb G] [--json FILE]`: how long it takes until phones are answered again. A city's worth of
 * communities is laid into the embedded database; the server is killed and started again; it is backed up, the data folder
 * is destroyed, and the backup is brought back. Promised: 10 s after a crash, 15 min for a restore of one gigabyte.
 */
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { BACKED_UP } from '../../sync-server/operator/backupFile.ts'
import { SQLITE_FILE } from '../../sync-server/storage/openStorage.ts'
import { operate } from '../faults/operate.ts'
import { startServer } from '../harness/startServer.ts'
import { seedCommunity } from './seedCommunity.ts'

const { values } = parseArgs({ options: { gb: { type: 'string', default: '1' }, json: { type: 'string' } } })
const GB = 1e9
const wantedBytes = Number(values.gb) * GB
if (!(wantedBytes > 0)) throw new Error('--gb wants a number')
const promised = { crashMs: 10_000, restoreMs: 15 * 60_000 }
const plan = { houses: 12, towers: 4, earlierRounds: 9, housesDone: 4 }

async function timed(what: string, run: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await run()
  const tookMs = Math.round(performance.now() - begun)
  console.log(`${what.padEnd(48)}${String(tookMs).padStart(9)} ms`)
  return tookMs
}

/** What a phone needs: a server that takes part again. */
async function assertReady(url: string): Promise<void> {
  const answer = await fetch(`${url}/readyz`)
  if (answer.status !== 200) throw new Error(`the server is not ready: ${answer.status}`)
}

/** Copies every row of the one community under other names until the file is large enough. */
function multiply(file: string): number {
  const db = new DatabaseSync(file)
  try {
    const tables = Object.entries(BACKED_UP).filter(([, key]) => (key as readonly string[]).includes('community'))
    const columnsOf = (table: string) =>
      db
        .prepare(`select name from pragma_table_info('${table}')`)
        .all()
        .map(({ name }) => String(name))
    const [first] = db.prepare('select community from clock').all()
    const origin = String(first!['community'])
    let copies = 1
    for (; statSync(file).size < wantedBytes; copies++) {
      db.exec('begin')
      for (const [table] of tables) {
        const rest = columnsOf(table)
          .filter((name) => name !== 'community')
          .map((name) => `"${name}"`)
        const all = ['community', ...rest].join(', ')
        const copied = `select ?, ${rest.join(', ')} from "${table}" where community = ?`
        db.prepare(`insert into "${table}" (${all}) ${copied}`).run(`${origin.slice(0, -5)}${10_000 + copies}`, origin)
      }
      db.exec('commit')
      db.exec('pragma wal_checkpoint(truncate)')
    }
    return copies
  } finally {
    db.close()
  }
}

/** How many rows each table has, and how many bytes their bodies; a restore writes settings of its own. */
function contentsOf(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    const counts = Object.keys(BACKED_UP)
      .filter((table) => table !== 'setting')
      .map((table) => [table, db.prepare(`select count(*) as n from "${table}"`).get()!['n']])
    const bodies = db.prepare('select sum(length(body)) as n, max(clock) as clock from record').get()
    return JSON.stringify({ ...Object.fromEntries(counts), bodies })
  } finally {
    db.close()
  }
}

const folder = mkdtempSync(path.join(tmpdir(), 'recovery-drill-'))
const dataDir = path.join(folder, 'server')
const backup = path.join(folder, 'backup')
const file = path.join(dataDir, SQLITE_FILE)
const operator = async (...words: string[]) => {
  const ended = await operate(dataDir, ...words)
  if (ended.code !== 0) throw new Error(`${words.join(' ')}: ${ended.said}`)
}
try {
  const seeded = await seedCommunity(dataDir, plan)
  const communities = multiply(file)
  const gb = Math.round(statSync(file).size / (GB / 100)) / 100
  console.log(
    `${gb} GB: ${communities} communities with ${seeded.doors} doors and ${seeded.visits} visits each; ${cpus().length} cores`,
  )

  let server = await startServer(dataDir)
  await assertReady(server.url)
  await server.stop('SIGKILL')
  const crashMs = await timed('killed, and answering again', async () => {
    server = await startServer(dataDir)
    await assertReady(server.url)
  })
  const backupMs = await timed('backed up while the server runs', () => operator('backup', backup))
  await server.stop()
  const before = contentsOf(file)

  rmSync(dataDir, { recursive: true })
  if (existsSync(dataDir)) throw new Error('the data folder is still there')
  const restoreMs = await timed('destroyed, restored, and answering again', async () => {
    await operator('restore', backup)
    server = await startServer(dataDir)
    await assertReady(server.url)
  })
  await server.stop()
  const after = contentsOf(file)
  const isWhole = after === before
  console.log(isWhole ? `the same rows as before: ${after}` : `NOT the same rows:\n${before}\n${after}`)
  console.log(`promised: ${promised.crashMs} ms after a crash, ${promised.restoreMs} ms for a restore`)
  if (values.json)
    writeFileSync(values.json, `${JSON.stringify({ gb, communities, crashMs, backupMs, restoreMs, isWhole })}\n`)
  process.exitCode = isWhole && crashMs <= promised.crashMs && restoreMs <= promised.restoreMs ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
