import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { describe, expect, it, vi } from 'vitest'
import { KINDS } from '../../../src/domain/kinds.ts'
import { SCHEMA_READ } from '../../../sync-server/storage/migrate.ts'
import { allMigrations } from '../../../sync-server/storage/migrations/allMigrations.ts'
import type { Storage, StorageOptions } from '../../../sync-server/storage/openStorage.ts'
import { putRecords, startClock } from '../../../sync-server/storage/records.ts'
import { createMissingViews, viewName } from '../../../sync-server/storage/views.ts'
import { startPostgres } from '../../harness/postgres.ts'
import { onEachDatabase, postgresPlace, sqlitePlace } from './eachDatabase.ts'

/** Tables that are looked up before the community is known, or that speak of the whole installation. */
const DIRECTORY = ['setting', 'kysely_migration', 'kysely_migration_lock']

const childScript = fileURLToPath(new URL('openInChild.ts', import.meta.url))

function openInChild(options: StorageOptions & { killAt?: number }): ChildProcess {
  return spawn(process.execPath, [childScript, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = (await once(child.stdout!, 'data')) as [Buffer]
  return chunk.toString().trim()
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Every table, view, column and index, in words that do not depend on how they came to be. */
async function schemaOf({ kind, db }: Storage): Promise<unknown[]> {
  const query =
    kind === 'sqlite'
      ? sql`select type, name, tbl_name, sql from sqlite_master order by type, name`
      : sql`select 'column' as type, table_name || '.' || column_name as name, data_type || collation_name as is from information_schema.columns
              where table_schema = 'public'
            union all select 'index', indexname, indexdef from pg_indexes where schemaname = 'public'
            union all select 'view', viewname, definition from pg_views where schemaname = 'public' order by 1, 2`
  return (await query.execute(db)).rows
}

/** Two more steps of two statements each, so that a crash can fall between, within and after steps. */
function longerSteps(kind: Storage['kind']): Record<string, Migration> {
  const twoTables = (one: string, two: string): Migration => ({
    async up(db: Kysely<unknown>) {
      await db.schema.createTable(one).addColumn('id', 'integer').execute()
      await db.schema.createTable(two).addColumn('id', 'integer').execute()
    },
  })
  return {
    ...allMigrations(kind),
    '900-first': twoTables('first_one', 'first_two'),
    '901-second': twoTables('second_one', 'second_two'),
  }
}

onEachDatabase((place) => {
  it('an empty database gets the whole schema; opening again runs no step and changes nothing', async () => {
    const options = await place.empty()
    const first = await place.open(options)
    const schema = await schemaOf(first)
    expect(schema.length).toBeGreaterThan(30)
    await first.close()
    const statements: string[] = []
    const second = await place.open({ ...options, log: (statement) => statements.push(statement) })
    expect(statements.filter((statement) => /^(create|alter|drop|insert)/i.test(statement))).toEqual([])
    expect(await schemaOf(second)).toEqual(schema)
  })

  it("every table's primary key begins with community, save the directory", async () => {
    const { kind, db } = await place.open(await place.empty())
    const query =
      kind === 'sqlite'
        ? sql<{ table: string; column: string }>`select m.name as "table", p.name as "column" from sqlite_master m
            join pragma_table_info(m.name) p on p.pk = 1 where m.type = 'table'`
        : sql<{ table: string; column: string }>`select c.relname as "table", a.attname as "column" from pg_index i
            join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
            join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0] where i.indisprimary`
    const { rows } = await query.execute(db)
    const elsewhere = rows.filter((row) => row.column !== 'community').map((row) => row.table)
    expect(elsewhere.sort()).toEqual([...DIRECTORY].sort())
    expect(rows.map((row) => row.table)).toEqual(expect.arrayContaining(['record', 'command', 'clock', 'lane', 'held']))
  })

  it('a crash before any statement of any step leaves whole steps, and the next start finishes', async () => {
    const steps = longerSteps(place.kind)
    const statements: string[] = []
    const log = (statement: string) => statements.push(statement)
    const reference = await place.open({ ...(await place.empty()), steps, log })
    const count = statements.length
    const wanted = await schemaOf(reference)
    const firstChange = statements.findIndex((statement) => statement.startsWith('create'))
    // The views are made in one transaction after the steps; one crash among them stands for all.
    const isWithinViews = (at: number) => at < count - 1 && statements[at - 1]?.startsWith('create view')
    const points = Array.from({ length: count }, (_, at) => at).filter((at) => at >= firstChange && !isWithinViews(at))
    const seen = new Set<string>()
    for (const crashAt of points) {
      const options = { ...(await place.empty()), steps }
      let run = 0
      const crash = () => {
        if (run++ === crashAt) throw new Error('crash')
      }
      await expect(place.open({ ...options, log: crash })).rejects.toThrow('crash')
      const tables = await place.tables(options)
      const whole = [
        ['record', 'clock', 'projection'],
        ['first_one', 'first_two'],
        ['second_one', 'second_two'],
      ]
      const taken = whole.map((names) => names.filter((name) => tables.includes(name)).length / names.length).join()
      expect(['0,0,0', '1,0,0', '1,1,0', '1,1,1']).toContain(taken)
      if (seen.has(taken)) continue
      seen.add(taken)
      expect(await schemaOf(await place.open(options))).toEqual(wanted)
    }
    expect([...seen]).toEqual(['0,0,0', '1,0,0', '1,1,0', '1,1,1'])
  })

  it('a process killed in the middle of the first start leaves nothing half done', async () => {
    const wanted = await schemaOf(await place.open(await place.empty()))
    for (const killAt of [14, 26, 45]) {
      const options = await place.empty()
      const child = openInChild({ ...options, killAt })
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
      expect(signal).toBe('SIGKILL')
      expect(await schemaOf(await place.open(options))).toEqual(wanted)
    }
  })

  it('a step that fails leaves the step before it, and says which error it was', async () => {
    const options = await place.empty()
    const broken: Migration = {
      async up(db: Kysely<unknown>) {
        await db.schema.createTable('half').addColumn('id', 'integer').execute()
        await sql`select nonsense from nowhere`.execute(db)
      },
    }
    const opening = place.open({ ...options, steps: { ...allMigrations(place.kind), '900-broken': broken } })
    await expect(opening).rejects.toMatchObject({ name: 'StorageTrouble', code: 'migration_failed' })
    const tables = await place.tables(options)
    expect(tables).toContain('record')
    expect(tables).not.toContain('half')
  })

  it('the last version opens what this one has expanded, until schemaRead forbids it', async () => {
    const options = await place.empty()
    const newer = await place.open({ ...options, steps: longerSteps(place.kind) })
    await newer.close()
    const older = await place.open(options)
    await older.db.insertInto('setting').values({ name: SCHEMA_READ, value: '900-first' }).execute()
    await older.close()
    await expect(place.open(options)).rejects.toMatchObject({ name: 'StorageTrouble', code: 'schema_newer' })
    await expect(place.open({ ...options, steps: longerSteps(place.kind) })).resolves.toBeDefined()
  })

  it('each kind has a view of its live rows, with fields that plain SQL can read', async () => {
    const storage = await place.open(await place.empty())
    const row = { kind: 'doNotKnock', scope: 's:one', deleted: 0 }
    await storage.transaction(async (trx) => {
      await startClock(trx, 'community-1', 'epoch')
      await putRecords(trx, 'community-1', [
        { ...row, id: 'live', clock: 1, body: '{"id":"live","since":"2026-01-02"}' },
        { ...row, id: 'gone', clock: 2, body: 'null', deleted: 1 },
        { ...row, id: 'other', clock: 3, body: '{"id":"other"}', kind: 'visit' },
      ])
    })
    const seen =
      await sql`select community, id, scope, clock, body ->> 'since' as since from do_not_knock_view`.execute(
        storage.db,
      )
    expect(seen.rows).toEqual([{ community: 'community-1', id: 'live', scope: 's:one', clock: 1, since: '2026-01-02' }])
    const views = (await storage.db.introspection.getTables())
      .filter((table) => table.isView)
      .map((table) => table.name)
    expect(views.sort()).toEqual(Object.keys(KINDS).map(viewName).sort())
  })

  it('a kind that is new gets its view at the next start, also from two servers at once', async () => {
    const storage = await place.open(await place.empty())
    const kinds = [...Object.keys(KINDS), 'brandNew']
    await Promise.all([createMissingViews(storage.db, kinds), createMissingViews(storage.db, kinds)])
    expect((await sql`select * from brand_new_view`.execute(storage.db)).rows).toEqual([])
  })
})

describe('a second server', () => {
  const sqlite = sqlitePlace()
  const postgres = postgresPlace()

  it('is locked out of a SQLite file for as long as the first one lives, and not a moment longer', async () => {
    const options = await sqlite.empty()
    const first = openInChild(options)
    expect(await firstLine(first)).toBe('open')
    await expect(sqlite.open(options)).rejects.toMatchObject({ name: 'StorageTrouble', code: 'data_dir_in_use' })
    await kill(first)
    await expect(sqlite.open(options)).resolves.toBeDefined()
  })

  it('as a process of its own is told so, while operator verbs may open the file', async () => {
    const options = await sqlite.empty()
    const server = await sqlite.open(options)
    const second = openInChild(options)
    expect(await firstLine(second)).toBe('data_dir_in_use')
    await expect(sqlite.open(options)).rejects.toMatchObject({ code: 'data_dir_in_use' })
    const operator = openInChild({ ...options, lock: false })
    expect(await firstLine(operator)).toBe('open')
    await kill(operator)
    // Neither the refused server nor the operator took the lock away from the first.
    expect(await firstLine(openInChild(options))).toBe('data_dir_in_use')
    await server.close()
    await expect(sqlite.open(options)).resolves.toBeDefined()
  })

  it('shares a PostgreSQL, also when both start on an empty one at the same moment', async () => {
    const options = await postgres.empty()
    const children = [openInChild(options), openInChild(options), openInChild(options)]
    expect(await Promise.all(children.map(firstLine))).toEqual(['open', 'open', 'open'])
    await Promise.all(children.map(kill))
  })
})

describe('durability', () => {
  const sqlite = sqlitePlace()
  const postgres = postgresPlace()
  const refused = { name: 'StorageTrouble', code: 'durability_off' }

  it('SQLite is set to the log and full synchronisation', async () => {
    const storage = await sqlite.open(await sqlite.empty())
    expect((await sql`pragma journal_mode`.execute(storage.db)).rows).toEqual([{ journal_mode: 'wal' }])
    expect((await sql`pragma synchronous`.execute(storage.db)).rows).toEqual([{ synchronous: 2 }])
  })

  it('a SQLite that takes no log is refused', async () => {
    await expect(sqlite.open({ file: ':memory:', lock: false })).rejects.toMatchObject(refused)
  })

  it('a SQLite whose synchronisation did not take is refused, because it is read back', async () => {
    const { dataDir = '' } = await sqlite.empty()
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, statement) {
      const weaker = statement.replace(/synchronous = full/, 'synchronous = normal')
      this.prepare(weaker).all()
    })
    try {
      await expect(sqlite.open({ dataDir, lock: false })).rejects.toMatchObject(refused)
      expect(exec).toHaveBeenCalledWith('pragma synchronous = full')
    } finally {
      exec.mockRestore()
    }
  })

  it.each(['off', 'local', 'remote_write'])('PostgreSQL with synchronous_commit=%s is refused', async (value) => {
    const options = await postgres.empty()
    const storage = await postgres.open(options)
    const name = new URL(options.databaseUrl ?? '').pathname.slice(1)
    await sql`alter database ${sql.id(name)} set synchronous_commit = ${sql.lit(value)}`.execute(storage.db)
    await expect(postgres.open(options)).rejects.toMatchObject(refused)
  })

  it.each(['fsync', 'full_page_writes'])('PostgreSQL without %s is refused', async (setting) => {
    const server = await startPostgres({ [setting]: 'off' })
    try {
      await expect(postgres.open({ databaseUrl: server.url })).rejects.toMatchObject(refused)
    } finally {
      await server.stop()
    }
  })
})

describe('a file that is not ours', () => {
  const place = sqlitePlace()

  it('is refused as corrupt and left as it was', async () => {
    const { dataDir = '' } = await place.empty()
    writeFileSync(join(dataDir, 'qiaomen.sqlite'), 'no database at all, '.repeat(500))
    await expect(place.open({ dataDir })).rejects.toMatchObject({ name: 'StorageTrouble', code: 'corrupt' })
    expect(existsSync(join(dataDir, 'qiaomen.sqlite-wal'))).toBe(false)
  })

  it('a folder in its place cannot be opened, and the lock is let go', async () => {
    const { dataDir = '' } = await place.empty()
    mkdirSync(join(dataDir, 'qiaomen.sqlite'))
    const cannot = { name: 'StorageTrouble', code: 'cannot_open' }
    await expect(place.open({ dataDir })).rejects.toMatchObject(cannot)
    await expect(place.open({ dataDir })).rejects.toMatchObject(cannot)
    await expect(place.open({})).rejects.toMatchObject(cannot)
  })

  it('the folder is made when it is missing', async () => {
    const { dataDir = '' } = await place.empty()
    const options = { dataDir: join(dataDir, 'new', 'deeper') }
    await place.open(options)
    expect(await place.tables(options)).toContain('record')
  })
})
