import type { Insertable, Selectable } from 'kysely'

/** Milliseconds, clocks and counters fit a double on both databases; PostgreSQL's bigint is parsed or refused past 2^53. */
export interface Tables {
  /** Directory: settings of this installation (`secret` for cursors, `schemaRead` …). */
  setting: { name: string; value: string }
  /** Directory: which community a token belongs to is in the cookie; this row is the proof. */
  deviceToken: {
    community: string
    tokenHash: string
    device: string
    member: string
    createdAt: number
    /** active | superseded | revoked */
    state: string
    /** Hash of the token that follows it; `null` for one of before there was rotation. */
    nextHash: string | null
    /** Until when it is good, since another has followed it; `null` for the last one. */
    endsAt: number | null
  }
  /** One-time links printed on the terminal: for the first officer and for the demo's roles. */
  entryLink: {
    community: string
    tokenHash: string
    role: string
    member: string | null
    team: string | null
    expiresAt: number
    usedAt: number | null
  }
  /** One row a community: its last clock, the epoch of its history. Locked first by every writer (SYNC-3). */
  clock: { community: string; clock: number; epoch: string }
  /** The truth. `deleted` is 0 or 1; `body` is JSON text (column type json on PostgreSQL). */
  record: { community: string; kind: string; id: string; scope: string; clock: number; deleted: number; body: string }
  /** One row a command that was ever taken in, with its answer, for ever (SYNC-2). */
  command: {
    community: string
    id: string
    hash: string
    device: string
    member: string
    incarnation: string
    n: number
    verb: string
    receivedAt: number
    /** JSON of the answer. */
    answer: string
    /** The device that brought it along for its recorder (SYNC-13); null when the recorder's own phone sent it. */
    carrier: string | null
  }
  /** The last `n` taken in of each incarnation of each device. */
  lane: { community: string; device: string; incarnation: string; lastN: number }
  /** Raw payloads that wait for a person, a confirmation or a newer server. */
  held: {
    community: string
    id: string
    device: string
    member: string
    n: number
    raw: string
    why: string
    receivedAt: number
    /** Effective time as first judged, ms. */
    effectiveAt: number
  }
  /** Revocations and erasures, without names and texts. No backup holds it and no restore replaces it (SYNC-14). */
  journal: { community: string; epoch: string; clock: number; at: number; kind: string; id: string; body: string }
  /** The scopes that a device was told at each version of its membership. */
  membership: { community: string; device: string; version: number; scopes: string }
  /** Projections that are rebuilt from records: façades now. Never on the wire of those who hold the events. */
  projection: { community: string; kind: string; id: string; body: string }
}

export type RecordRow = Selectable<Tables['record']>
export type NewRecordRow = Insertable<Tables['record']>
