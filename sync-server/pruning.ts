import { remove } from '../src/domain/command.ts'
import type { Change } from '../src/domain/record.ts'
import type { Hold } from '../src/domain/records/hold.ts'
import type { Invite } from '../src/domain/records/invite.ts'
import type { LateAnswer } from '../src/domain/records/lateAnswer.ts'
import { DAY_MS } from '../src/protocol/limits.ts'
import { commitDeed } from './commitDeed.ts'
import type { ServerContext } from './context.ts'
import { fold } from './folding.ts'
import { FOLD_AFTER_DAYS } from './settings.ts'
import { dropEntryLinks, dropTokens, listCommunities } from './storage/enrolments.ts'
import { readCommands, readKindAfter } from './storage/records.ts'
import type { RecordRow, Tables } from './storage/tables.ts'

/**
 * What is kept for how long, and why; `days` of `null` is for ever. Every table has a line. The record of who read and
 * changed what (audit) does not exist yet; the line that says how long it stays comes with its table.
 */
export const RETENTION = [
  {
    what: 'settings',
    table: 'setting',
    days: null,
    why: 'A handful of rows: the secret of cursors and what the schema has read.',
  },
  {
    what: 'clocks',
    table: 'clock',
    days: null,
    why: 'One row a community: the last clock and the epoch of its history (SYNC-3).',
  },
  {
    what: 'records',
    table: 'record',
    days: null,
    why: 'The work itself. What goes earlier has a line of its own below.',
  },
  {
    what: 'façades',
    table: 'projection',
    days: null,
    why: 'Worked out from records, one row a stairwell and round; they hold nothing that records do not.',
  },
  {
    what: 'revocations and erasures',
    table: 'journal',
    days: null,
    why: 'Any backup, however old, must be held to them when it comes back (SYNC-14); no names and no texts are in it.',
  },
  {
    what: 'commands',
    table: 'command',
    days: null,
    why: 'Ids and hashes make repeats harmless for ever (SYNC-2); an answer is 80 bytes.',
  },
  {
    what: 'lanes',
    table: 'lane',
    days: null,
    why: 'A number that is used again must be noticed for ever (SYNC-2).',
  },
  {
    what: 'held payloads',
    table: 'held',
    days: null,
    why: 'Nobody decides by waiting: what is settled goes with its settlement.',
  },
  { what: 'tombstones', table: 'record', days: null, why: 'A phone may come back with any cursor (SYNC-6).' },
  {
    what: 'memberships',
    table: 'membership',
    days: null,
    why: 'A scope that was ever told must be named when it is lost (SYNC-6).',
  },
  {
    what: 'device tokens',
    table: 'deviceToken',
    days: null,
    why: 'A revoked phone must be told so whenever it comes (SYNC-14).',
  },
  {
    what: 'tokens that others have followed',
    table: 'deviceToken',
    days: 400,
    why: 'As long as a cookie lives: a phone that shows one is told that it was followed.',
  },
  {
    what: 'devices',
    table: 'record',
    days: null,
    why: 'Who recorded a visit, and on which phone, is answered as long as the visit stands.',
  },
  {
    what: 'invitations',
    table: 'record',
    days: 90,
    why: 'Used, withdrawn or past, they are of use for questions of this quarter only.',
  },
  { what: 'entry links', table: 'entryLink', days: 90, why: 'As invitations; they open nothing any more.' },
  {
    what: 'events of doors',
    table: 'record',
    days: FOLD_AFTER_DAYS,
    why: 'After the end of their round they are folded into counts (SYNC-12, `folding.ts`); FOLD_AFTER_DAYS sets it.',
  },
  {
    what: 'settled holds',
    table: 'record',
    days: 400,
    why: 'A year’s work may be asked about; the visit itself is kept.',
  },
  {
    what: 'late answers',
    table: 'record',
    days: 400,
    why: 'A phone that is away for a year still learns what became of its holds.',
  },
] as const satisfies readonly { what: string; table: keyof Tables; days: number | null; why: string }[]
type Kept = (typeof RETENTION)[number]['what']

const PRUNED_KINDS = ['invite', 'hold', 'lateAnswer'] as const
const ROWS_AT_ONCE = 200

export type Pruned = Record<(typeof PRUNED_KINDS)[number] | 'entryLink' | 'deviceToken', number>

/** Before which moment a thing is past its time, ms. */
function limitOf(what: Kept, now: number): number {
  const days = RETENTION.find((rule) => rule.what === what)?.days
  return typeof days === 'number' ? now - days * DAY_MS : -Infinity
}

/**
 * Takes away what has outlived its use, community by community and a few hundred rows at a time, each on the path of a
 * command: phones that hold such a row get its tombstone. It may be stopped anywhere and run anywhere at once.
 *
 * @param dryRun only counts
 */
export async function prune(server: ServerContext, dryRun = false): Promise<Pruned> {
  const pruned: Pruned = { invite: 0, hold: 0, lateAnswer: 0, entryLink: 0, deviceToken: 0 }
  const now = server.clock.now()
  for (const community of await listCommunities(server.storage.db)) {
    for (const kind of PRUNED_KINDS) {
      for (let after = ''; ;) {
        const rows = await readKindAfter(server.storage.db, community, kind, after, ROWS_AT_ONCE)
        const dead = await pastTheirTime(server, community, rows, now)
        pruned[kind] += dryRun ? dead.length : await removeRows(server, community, dead)
        if (rows.length < ROWS_AT_ONCE) break
        after = rows.at(-1)!.id
      }
    }
    const followed = limitOf('tokens that others have followed', now)
    pruned.deviceToken += await dropTokens(server.storage, community, followed, dryRun)
    pruned.entryLink += await dropEntryLinks(server.storage, community, limitOf('entry links', now), dryRun)
  }
  return pruned
}

async function pastTheirTime(
  server: ServerContext,
  community: string,
  rows: readonly RecordRow[],
  now: number,
): Promise<RecordRow[]> {
  const bodies = rows.map((row) => ({ row, body: JSON.parse(row.body) as Invite | Hold | LateAnswer }))
  const asked = bodies.flatMap(({ body }) => ('commandId' in body ? [body.commandId] : []))
  const received = new Map(
    (asked.length > 0 ? await readCommands(server.storage.db, community, asked) : []).map((command) => {
      return [command.id, command.receivedAt]
    }),
  )
  const isPast = (row: RecordRow, body: Invite | Hold | LateAnswer): boolean => {
    if (row.kind === 'invite') return (body as Invite).expiresAt < limitOf('invitations', now)
    const at = received.get((body as Hold | LateAnswer).commandId) ?? Infinity
    // Its phone may have waited for it for a year before that.
    if (row.kind === 'lateAnswer') return ((body as LateAnswer).settledAt ?? at) < limitOf('late answers', now)
    return (body as Hold).state !== 'waiting' && at < limitOf('settled holds', now)
  }
  return bodies.filter(({ row, body }) => isPast(row, body)).map(({ row }) => row)
}

async function removeRows(server: ServerContext, community: string, rows: readonly RecordRow[]): Promise<number> {
  if (rows.length === 0) return 0
  return commitDeed(server, community, async (_trx, facts) => {
    const refs = rows.map(({ kind, id, scope }) => ({ kind: kind as (typeof PRUNED_KINDS)[number], id, scope }))
    await facts.load(refs.map((row) => ({ row })))
    // Somebody else may have been here between the look and the lock.
    const standing = refs.filter(({ kind, id }) => typeof facts.get(kind, id) === 'object')
    const changes: Change[] = standing.map(({ kind, id, scope }) => remove(kind, id, scope))
    return { changes, value: changes.length }
  })
}

/** Folds and prunes at each start and once a day, beside everything else. */
export class DailyPruning {
  readonly #server: ServerContext
  readonly #foldAfterDays: number
  readonly #timer: ReturnType<typeof setInterval>
  #running: Promise<void> = Promise.resolve()

  constructor(server: ServerContext, foldAfterDays: number) {
    this.#server = server
    this.#foldAfterDays = foldAfterDays
    this.#timer = setInterval(() => this.#run(), DAY_MS)
    this.#timer.unref()
    this.#run()
  }

  #run(): void {
    this.#running = this.#running
      .then(() => fold(this.#server, this.#foldAfterDays))
      .then(() => prune(this.#server))
      .then(
        () => {},
        (error: unknown) => this.#server.onFault(error, 'prune'),
      )
  }

  /** Waits for the run that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#running
  }
}
