import type { ServerContext } from '../context.ts'
import { readSettings } from '../settings.ts'
import { createContext } from '../start.ts'

/** Opens the storage beside a server that may be running, for the length of one verb. */
export async function withContext<T>(
  environment: Readonly<Record<string, string | undefined>>,
  run: (server: ServerContext) => Promise<T>,
): Promise<T> {
  const server = await createContext(readSettings(environment), { lock: false })
  try {
    return await run(server)
  } finally {
    await server.storage.close()
  }
}
