import type { Edit } from '../harness/plantEdits.ts'

const POSTGRES = 'sync-server/storage/postgresDialect.ts'
const DIALECT = 'sync-server/storage/sqliteDialect.ts'

const weaker = (how: string, level: number): readonly Edit[] => [
  {
    file: DIALECT,
    find: "database.exec('pragma synchronous = full')",
    put: `database.exec('pragma synchronous = ${how}')`,
  },
  { file: DIALECT, find: 'synchronous !== 2', put: `synchronous !== ${level}` },
]

/**
 * What the oracle must catch: the same faults befall a server with one of these planted in it, and a run in which nothing
 * is found then fails.
 */
export const CONTROLS: Readonly<Record<string, readonly Edit[]>> = {
  'synchronous=NORMAL': weaker('normal', 1),
  'synchronous=OFF': weaker('off', 0),
  'answered before the commit': [
    {
      file: DIALECT,
      find: '    await this.writer.runPatiently(begin, [])\n',
      put: '    if (!this.writer.database.isTransaction) await this.writer.runPatiently(begin, [])\n',
    },
    {
      file: DIALECT,
      find: "    this.writer.run('commit', [])\n",
      put: `    this.late ??= setTimeout(() => {
      this.late = undefined
      this.writer.run('commit', [])
    }, 20)\n`,
    },
    {
      file: DIALECT,
      find: '      if (this.writer.database.isOpen) this.#rollBackWhatIsOpen()\n',
      put: '',
    },
    {
      file: DIALECT,
      find: '    // Somebody’s rollback failed, and nobody was to wait for it for ever.\n    this.#rollBackWhatIsOpen()\n',
      put: '',
    },
    {
      file: DIALECT,
      find: '      return new SqliteFile(readOnly, log, stopWriting)\n',
      put: '      return writer\n',
    },
  ],
  'a repeat is applied again': [
    { file: 'sync-server/commitBatch.ts', find: 'if (!known) return false', put: 'return false' },
    { file: 'sync-server/commitBatch.ts', find: 'if (command.n <= this.#n) {', put: 'if (command.n < 0) {' },
    { file: 'sync-server/commitBatch.ts', find: 'if (command.n !== this.#n + 1) {', put: 'if (command.n < 0) {' },
    {
      file: 'sync-server/storage/records.ts',
      find: "await trx.insertInto('command').values(values).execute()",
      put: "await trx.insertInto('command').values(values).onConflict((c) => c.doNothing()).execute()",
    },
  ],
  'connections without a listener': [
    { file: POSTGRES, find: "  pool.on('error', () => {})\n", put: '' },
    { file: POSTGRES, find: "  pool.on('connect', (client) => client.on('error', () => {}))\n", put: '' },
  ],
}
