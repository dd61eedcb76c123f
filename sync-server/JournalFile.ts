import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ServerContext } from './context.ts'
import { listCommunities } from './storage/enrolments.ts'
import { readJournal, readJournalAfter, type JournalRow } from './storage/journal.ts'
import { readClock } from './storage/records.ts'

/** The journal's copy beside the database, one entry a line. */
export const journalPath = (dataDir: string): string => join(dataDir, 'journal.ndjson')

/**
 * Keeps the copy of the journal that survives the database: what was revoked or erased is appended after its commit and
 * synchronised to the disk, and whatever a crash left out follows at the next start.
 */
export class JournalFile {
  readonly #path: string
  readonly #server: ServerContext
  /** How far each history has been copied, by community and epoch. */
  readonly #copied = new Map<string, number>()
  #work: Promise<void> = Promise.resolve()

  private constructor(path: string, server: ServerContext) {
    this.#path = path
    this.#server = server
  }

  /** Copies what is missing, and from then on every new entry. */
  static async follow(dataDir: string, server: ServerContext): Promise<JournalFile> {
    const file = new JournalFile(journalPath(dataDir), server)
    await mkdir(dataDir, { recursive: true })
    const present = new Set((await readJournalFile(file.#path)).map(keyOf))
    for (const community of await listCommunities(server.storage.db)) {
      const rows = await readJournal(server.storage.db, community)
      await file.#append(rows.filter((row) => !present.has(keyOf(row))))
      file.#note(rows)
    }
    // Another server on the same database may have revoked something too; its poke says only that something changed.
    for (const event of ['journal', 'elsewhere']) {
      server.pokes.on(event, (community: string) => file.#copySoon(community))
    }
    return file
  }

  /** Resolves when everything that was committed so far is in the file. */
  settled(): Promise<void> {
    return this.#work
  }

  #copySoon(community: string): void {
    // What cannot be written now is written with the next entry, or at the next start.
    this.#work = this.#work
      .then(() => this.#copy(community))
      .catch((error: unknown) => this.#server.onFault(error, 'journal'))
  }

  async #copy(community: string): Promise<void> {
    const { db } = this.#server.storage
    const now = await readClock(db, community)
    if (!now) return
    const rows = await readJournalAfter(db, community, now.epoch, this.#copied.get(`${community} ${now.epoch}`) ?? 0)
    await this.#append(rows)
    this.#note(rows)
  }

  #note(rows: readonly JournalRow[]): void {
    for (const { community, epoch, clock } of rows) {
      const history = `${community} ${epoch}`
      this.#copied.set(history, Math.max(clock, this.#copied.get(history) ?? 0))
    }
  }

  async #append(rows: readonly JournalRow[]): Promise<void> {
    if (rows.length === 0) return
    await mkdir(dirname(this.#path), { recursive: true })
    const file = await open(this.#path, 'a', 0o600)
    try {
      // A line that a crash cut off must not swallow the next one.
      await file.appendFile(`\n${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  }
}

function keyOf({ community, epoch, clock }: JournalRow): string {
  return `${community} ${epoch} ${clock}`
}

/** The entries of a copy; none where there is no file. A line that a crash cut off is passed over. */
export async function readJournalFile(path: string): Promise<JournalRow[]> {
  const text = await readFile(path, 'utf8').catch((error: { code?: string }) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line) => {
    try {
      const row = JSON.parse(line) as JournalRow
      return typeof row.community === 'string' && typeof row.body === 'string' ? [row] : []
    } catch {
      return []
    }
  })
}
