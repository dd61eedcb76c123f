import { EventEmitter } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { ServerContext } from './context.ts'
import { JournalFile } from './JournalFile.ts'
import { hashSecret, newRecordId, newSecret } from './identity/token.ts'
import { HoldRetries } from './HoldRetries.ts'
import { PokeRelay } from './PokeRelay.ts'
import { DailyPruning } from './pruning.ts'
import { createServer } from './server.ts'
import { SteadyClock } from './SteadyClock.ts'
import type { Settings } from './settings.ts'
import { insertEntryLink, listCommunities, readSetting, settingOf } from './storage/enrolments.ts'
import { openStorage } from './storage/openStorage.ts'
import { startClock } from './storage/records.ts'

/** How long the first officer's link on the terminal is good. */
export const SETUP_LINK_MINUTES = 30

export interface Running {
  app: FastifyInstance
  context: ServerContext
  url: string
  close(): Promise<void>
}

/**
 * Opens the storage and gives the server its clock, its randomness and its secret.
 *
 * @param options `lock` false for operator verbs, which may work beside a running server
 */
export async function createContext(settings: Settings, options: { lock?: boolean } = {}): Promise<ServerContext> {
  const onFault = (error: unknown, where: string) => {
    process.stderr.write(
      `fault in ${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
  }
  const onDamage = (trouble: Error) => onFault(trouble, 'the database, which is only read from now on')
  const storage = await openStorage(
    settings.databaseUrl
      ? { databaseUrl: settings.databaseUrl, onDamage }
      : { dataDir: settings.dataDir, lock: options.lock ?? true, onDamage },
  )
  const rng = { bytes: (length: number) => new Uint8Array(randomBytes(length)) }
  const known = await readSetting(storage.db, 'cursorSecret')
  const secret = known ?? (await storage.transaction((trx) => settingOf(trx, 'cursorSecret', () => newSecret(rng))))
  const pokes = new EventEmitter().setMaxListeners(0)
  return { storage, clock: new SteadyClock(), rng, secret, pokes, onFault }
}

/** The only community of a fresh installation; made at the first start, named by its first officer. */
export async function firstCommunity(server: ServerContext): Promise<string> {
  const [known] = await listCommunities(server.storage.db)
  if (known) return known
  const community = newRecordId(server.rng)
  await server.storage.transaction((trx) => startClock(trx, community, newSecret(server.rng, 15)))
  return community
}

/** A one-time link that lets one person in without an invitation: printed on the operator's terminal, never sent. */
export async function makeEntryLink(
  server: ServerContext,
  community: string,
  who: { role: string; member?: string | null; team?: string | null; minutes?: number },
): Promise<string> {
  const secret = newSecret(server.rng)
  const expiresAt = server.clock.now() + (who.minutes ?? SETUP_LINK_MINUTES) * 60_000
  const row = { community, tokenHash: hashSecret(secret), role: who.role, expiresAt, usedAt: null }
  await server.storage.transaction((trx) =>
    insertEntryLink(trx, { ...row, member: who.member ?? null, team: who.team ?? null }),
  )
  return `${community}.${secret}`
}

/** Starts to listen. `port` 0 takes any free one. */
export async function startServer(settings: Settings, context: ServerContext, appDir: string): Promise<Running> {
  const secure = settings.publicUrl?.startsWith('https:') ?? false
  const app = await createServer(context, {
    appDir,
    secure,
    trustProxy: settings.trustProxy,
    ...(settings.logLevel ? { logLevel: settings.logLevel } : {}),
  })
  const journal = await JournalFile.follow(settings.dataDir, context)
  const retries = await HoldRetries.follow(context)
  const pruning = new DailyPruning(context, settings.foldAfterDays)
  const relay = settings.databaseUrl ? new PokeRelay(settings.databaseUrl, context) : null
  await app.listen({ port: settings.port, host: settings.host })
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : settings.port
  const host = settings.host === '0.0.0.0' || settings.host === '::' ? 'localhost' : settings.host
  const url = settings.publicUrl ?? `http://${host}:${port}`
  return {
    app,
    context,
    url,
    async close() {
      app.server.closeAllConnections()
      await app.close()
      await relay?.close()
      await pruning.stop()
      await retries.stop()
      await journal.settled()
      await context.storage.close()
    },
  }
}
