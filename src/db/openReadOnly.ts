import { DATA_VERSION, Database, databaseName, type PhoneState } from './database.ts'
import type { Seam } from './seam.ts'

/** Somebody's taps met data that this version must not write. */
const refuse = (): never => {
  throw Object.assign(new Error('the data are of a newer version'), { name: 'ReadOnlyError' })
}

/**
 * Opens data that a newer version of the app wrote, to look at and for nothing else. Dexie would open them for writing,
 * and give them the shape that it knows where it differs.
 */
export async function openReadOnly(
  seam: Pick<Seam, 'idb'>,
  who: Pick<PhoneState, 'communityId' | 'memberId'>,
): Promise<Database> {
  const { indexedDB, IDBKeyRange } = seam.idb
  const looking = {
    open: (name: string, version?: number) =>
      version === undefined || version <= DATA_VERSION * 10 ? indexedDB.open(name, version) : refuse(),
    deleteDatabase: refuse,
    cmp: (left: unknown, right: unknown) => indexedDB.cmp(left, right),
    databases: () => indexedDB.databases(),
  }
  const database = new Database(databaseName(who.communityId, who.memberId), { indexedDB: looking, IDBKeyRange })
  database.isExpected = true
  database.use({
    stack: 'dbcore',
    name: 'readOnly',
    create: (core) => ({
      ...core,
      transaction: (stores, mode, options) =>
        mode === 'readwrite' ? refuse() : core.transaction(stores, mode, options),
    }),
  })
  await database.open()
  return database
}
