import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerContext } from '../context.ts'
import { readSettings } from '../settings.ts'
import { createContext } from '../start.ts'
import { SQLITE_FILE } from '../storage/openStorage.ts'
import { StorageTrouble } from '../storage/StorageTrouble.ts'

/**
 * Opens the storage beside a server that may be running, for the length of one verb.
 *
 * @param mayBegin whether the verb may make a database; the others would look at an empty one where `DATA_DIR` is wrong
 * @throws StorageTrouble `no_database`
 */
export async function withContext<T>(
  environment: Readonly<Record<string, string | undefined>>,
  run: (server: ServerContext) => Promise<T>,
  mayBegin = false,
): Promise<T> {
  const settings = readSettings(environment)
  if (!mayBegin && settings.databaseUrl === null && !existsSync(join(settings.dataDir, SQLITE_FILE))) {
    throw new StorageTrouble('no_database', `there is none in ${settings.dataDir}: is DATA_DIR right?`)
  }
  const server = await createContext(settings, { lock: false })
  try {
    return await run(server)
  } finally {
    await server.storage.close()
  }
}
