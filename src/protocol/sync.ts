import * as v from 'valibot'
import type { Refusal } from '../domain/command.ts'
import { fields, flag, id, text, time, whole } from '../domain/fields.ts'
import { carriedPart, type CarriedAnswer } from './handover.ts'

/** A command as it travels. `args` is checked by its verb's own schema, so that one bad command spoils no batch. */
export const wireCommand = fields({
  n: whole(1, Number.MAX_SAFE_INTEGER),
  id,
  verb: text(40, 1),
  version: whole(1, 1_000),
  /** The phone's own clock at the tap, ms. */
  claimedAt: time,
  /** How far the phone's clock was ahead of the server's when it last saw both, ms. */
  offsetMs: whole(-1e14, 1e14),
  /** The server's time at the phone's last finished sync before the tap: no deed is older than that. */
  after: v.nullable(time),
  args: v.unknown(),
  /** After a restore: where this command stood in the history that was lost (SYNC-8). */
  formerly: v.optional(fields({ epoch: text(64), clock: whole(0, Number.MAX_SAFE_INTEGER) })),
})
export type WireCommand = v.InferOutput<typeof wireCommand>

/** `POST /api/sync`, up. */
export const syncRequest = fields({
  protocol: whole(1, 1_000),
  device: id,
  incarnation: id,
  epoch: v.nullable(text(64)),
  cursor: v.nullable(text(8_192)),
  /** The version of the membership that the phone last applied; 0 at first. */
  membership: whole(0, Number.MAX_SAFE_INTEGER),
  commands: v.array(v.unknown(), 'bad_field'),
  /** Saved things that will still be unsent after this request, for "n 台手机未同步". */
  unsent: whole(0, 1_000_000),
  appVersion: text(20),
  /** Ask for answers alone: a phone whose last push failed pulls first, one that is too old to pull still pushes. */
  pull: flag,
  /** A draining phone has nothing left to send, and takes nothing more in: the server may end its enrolment. */
  leaving: v.optional(flag),
  /** A teammate's unsent work that this phone brings along (SYNC-13). */
  carried: v.optional(carriedPart),
})
export type SyncRequest = v.InferOutput<typeof syncRequest>

/** What every command must at least say, or the request is no sync request: without an id there is nothing to answer. */
export const commandHead = v.object({ n: whole(1, Number.MAX_SAFE_INTEGER), id }, 'bad_field')

/** The one answer to one command (SYNC-4). `again` says that it had been answered before. */
export type Answer =
  | { id: string; result: 'applied'; clock: number; again?: true }
  | { id: string; result: 'held'; until: HoldReason; again?: true }
  | { id: string; result: 'refused'; code: Refusal; again?: true }

/** Why a command waits. `restored`: what it stands on was lost with a restore and may still come (SYNC-8). */
export type HoldReason = 'notGranted' | 'tooOld' | 'pendingDevice' | 'unknownVersion' | 'fault' | 'restored'

/** The newest state of one row, or its tombstone. */
export interface WireChange {
  kind: string
  id: string
  scope: string
  clock: number
  body: { id: string } | null
}

/** Why a lane could not go on: the phone's numbers and the server's do not meet (SYNC-2). */
export type LaneTrouble = { fork: true } | { expected: number }

/** `POST /api/sync`, down. */
export interface SyncAnswer {
  epoch: string
  membership: number
  /** The device's standing: only an active one pulls. */
  device: 'pending' | 'active' | 'draining'
  answers: Answer[]
  lane: LaneTrouble | null
  changes: WireChange[]
  /** Scopes this device may no longer read; `null` stands for all of them. */
  dropScopes: string[] | null
  cursor: string
  /** The clock that counts as reached once this page is stored; answers up to it may retire (SYNC-6). */
  reached: number
  more: boolean
  serverTime: number
  /** The key under which this phone seals what it hands over; told once a download (SYNC-13). */
  handoverKey?: string
  carried?: CarriedAnswer
}
