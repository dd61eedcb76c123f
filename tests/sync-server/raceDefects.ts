/**
 * Faults that only two processes on one PostgreSQL can show, because SQLite takes one writer at a time: edits of the
 * server's source, each a text that stands in its file exactly once and what stands there instead.
 */
export interface RaceDefect {
  name: string
  edits: readonly { file: string; find: string; put: string }[]
}

/** The first statement reads the clock without locking it; the lock is taken when everything is decided. */
const LATE_LOCK = [
  {
    file: 'sync-server/storage/records.ts',
    find: ".where('community', '=', community).forUpdate()",
    put: ".where('community', '=', community)",
  },
  {
    file: 'sync-server/commitDeed.ts',
    find: '  let clock = from.clock\n',
    put: `  const late = trx.selectFrom('clock').select('clock').where('community', '=', community).forUpdate()
  let clock = Math.max(from.clock, (await late.executeTakeFirstOrThrow()).clock)\n`,
  },
]

export const RACE_DEFECTS: readonly RaceDefect[] = [
  { name: 'deciding before the lock', edits: LATE_LOCK },
  {
    // Whether a command is known is looked up first, and nothing but that look keeps it from being taken in again.
    name: 'look-then-insert',
    edits: [
      ...LATE_LOCK,
      {
        file: 'sync-server/storage/records.ts',
        find: "await trx.insertInto('command').values(values).execute()",
        put: "await trx.insertInto('command').values(values).onConflict((conflict) => conflict.doNothing()).execute()",
      },
    ],
  },
  {
    // Rows are numbered by a sequence of the database, and become visible in the order of their commits.
    name: 'cursor from a sequence',
    edits: [
      LATE_LOCK[0]!,
      {
        file: 'sync-server/commitDeed.ts',
        find: "import type { Transaction } from 'kysely'\n",
        put: "import { sql, type Transaction } from 'kysely'\n",
      },
      {
        file: 'sync-server/commitDeed.ts',
        find: '  let clock = from.clock\n',
        put: `  const next = await sql<{ n: string }>\`select nextval('race_clock') as n\`.execute(trx)
  let clock = Number(next.rows[0]!.n) * 1_000\n`,
      },
      {
        file: 'sync-server/storage/records.ts',
        find: `    .set({ clock })
    .where('community', '=', community)
    .where('clock', '<', clock)
`,
        put: `    .set({ clock: sql<number>\`greatest("clock", \${clock})\` })
    .where('community', '=', community)
`,
      },
    ],
  },
]
