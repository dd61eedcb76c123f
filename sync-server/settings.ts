import { LIMITS } from '../src/protocol/limits.ts'

/** What the environment may say; every setting has a default that works. */
export interface Settings {
  port: number
  host: string
  dataDir: string
  databaseUrl: string | null
  publicUrl: string | null
  trustProxy: boolean
  logLevel: string | null
  /** How long the events of doors are kept after the end of their round (SYNC-12). */
  foldAfterDays: number
}

/** A bad setting stops the start with one clear line. */
export class BadSetting extends Error {
  override readonly name = 'BadSetting'
}

/** Where nobody said otherwise. */
export const FOLD_AFTER_DAYS = 90
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/**
 * Reads the settings.
 *
 * @throws BadSetting for an unknown `QIAOMEN_*` variable or a value that makes no sense
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const unknown = Object.keys(environment).find((name) => name.startsWith('QIAOMEN_'))
  if (unknown) throw new BadSetting(`${unknown} is not a setting of this server`)
  const { PORT, HOST, DATA_DIR, DATABASE_URL, PUBLIC_URL, TRUST_PROXY, LOG_LEVEL } = environment
  const foldAfterDays = Number(environment['FOLD_AFTER_DAYS'] || FOLD_AFTER_DAYS)
  const port = PORT ? Number(PORT) : 8787
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new BadSetting(`PORT must be 0 to 65535, not "${PORT}"`)
  if (DATABASE_URL && !/^postgres(ql)?:\/\//.test(DATABASE_URL)) {
    throw new BadSetting('DATABASE_URL must begin with postgres://')
  }
  if (PUBLIC_URL && !(URL.canParse(PUBLIC_URL) && /^https?:$/.test(new URL(PUBLIC_URL).protocol))) {
    throw new BadSetting(`PUBLIC_URL must be an http or https address, not "${PUBLIC_URL}"`)
  }
  if (TRUST_PROXY && !['0', '1', 'true', 'false'].includes(TRUST_PROXY)) {
    throw new BadSetting('TRUST_PROXY must be 1 or 0')
  }
  // Shorter, and a phone that was off for a month would find nothing of what it still has to say something about.
  if (!Number.isInteger(foldAfterDays) || foldAfterDays < LIMITS.lateDays || foldAfterDays > 3_650) {
    throw new BadSetting(`FOLD_AFTER_DAYS must be ${LIMITS.lateDays} to 3650, not "${environment['FOLD_AFTER_DAYS']}"`)
  }
  if (LOG_LEVEL && !LOG_LEVELS.includes(LOG_LEVEL))
    throw new BadSetting(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}`)
  return {
    port,
    host: HOST || '127.0.0.1',
    dataDir: DATA_DIR || './data',
    databaseUrl: DATABASE_URL || null,
    publicUrl: PUBLIC_URL ? PUBLIC_URL.replace(/\/+$/, '') : null,
    trustProxy: TRUST_PROXY === '1' || TRUST_PROXY === 'true',
    logLevel: LOG_LEVEL || null,
    foldAfterDays,
  }
}
