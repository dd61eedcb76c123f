import { createHmac, timingSafeEqual } from 'node:crypto'
import { base64url } from '../src/domain/hash.ts'

/** A scope that came newly into a device's hands and is paged by its own key, beside the ordinary window (SYNC-6). */
export interface Backfill {
  /** One scope, or `*` for everything that the device may read. */
  scope: string
  /** The last key delivered; null at first. */
  after: { scope: string; kind: string; id: string } | null
}

/** Where a device stands in the community's history. Opaque to the device, signed, and bound to it. */
export interface Cursor {
  epoch: string
  /** The version of the membership whose scopes this cursor follows. */
  membership: number
  /** Every row whose newest clock is not after this has been delivered, scopes under way in `backfills` apart. */
  clock: number
  backfills: readonly Backfill[]
  /** The hand-over key was told on the page that brought this cursor; a phone that has the one has the other (SYNC-13). */
  keyed?: true
}

/** Signs a cursor for one device. */
export function sealCursor(cursor: Cursor, secret: string, binding: string): string {
  const body = base64url(new TextEncoder().encode(JSON.stringify(cursor)))
  return `${body}.${sign(body, secret, binding)}`
}

/** Opens a cursor; `null` when it is forged, truncated, or another device's. */
export function openCursor(sealed: string, secret: string, binding: string): Cursor | null {
  const [body, signature, ...rest] = sealed.split('.')
  if (!body || !signature || rest.length > 0) return null
  const expected = Buffer.from(sign(body, secret, binding))
  const given = Buffer.from(signature)
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return null
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Cursor
}

function sign(body: string, secret: string, binding: string): string {
  return createHmac('sha256', secret).update(`${binding}\n${body}`).digest('base64url').slice(0, 32)
}
