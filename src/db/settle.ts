import type { SyncAnswer } from '../protocol/sync.ts'
import { readActor } from './commit.ts'
import { putPhone, readPhone, type Database, type PhoneState } from './database.ts'
import { keepSent } from './keepSent.ts'
import { Notices, takeNotes } from './Notices.ts'
import { sweep } from './purge.ts'
import { scrubErased } from './scrub.ts'
import type { Seam } from './seam.ts'
import { Settlement } from './Settlement.ts'
import { freshPaces, type SlicePaces } from './SlicePace.ts'

export type Settled = 'stored' | 'stale'

/** Where the phone stood when it asked: a page and its answers belong to exactly this place. */
export type Asked = Pick<PhoneState, 'cursor' | 'incarnation' | 'generation' | 'complete'>

type Page = Pick<
  SyncAnswer,
  | 'epoch'
  | 'membership'
  | 'device'
  | 'answers'
  | 'changes'
  | 'dropScopes'
  | 'cursor'
  | 'reached'
  | 'more'
  | 'serverTime'
  | 'handoverKey'
>

/**
 * Stores what the server said. Answers and rows go in together with the cursor that they belong to; a page whose cursor
 * is no longer the one it was asked from is dropped, and so is one of an older membership (SYNC-6, SYNC-7). Dropping is
 * harmless: the same commands get the same answers again, and the page is asked for anew.
 *
 * @param asked where the phone stood when it sent the request
 * @param pulled whether the answer carries a page at all; a push-only answer moves no cursor
 * @param paces how large the slices are; they learn from them
 */
export async function settle(
  database: Database,
  seam: Pick<Seam, 'clock' | 'calm' | 'isRestless'>,
  asked: Asked,
  page: Page,
  pulled: boolean,
  paces = freshPaces(),
): Promise<Settled> {
  const work = new Slices(database, seam, asked, paces)
  try {
    // Answers go first: a late answer among the rows may be about a hold that is told in the same breath.
    let { answers, changes, dropScopes } = page
    while (answers.length > paces.answers.rows) {
      const told = { ...page, answers: answers.slice(0, paces.answers.rows), dropScopes: [], changes: [] }
      answers = answers.slice(told.answers.length)
      if ((await work.settle(told, pulled ? 'rows' : 'answers')) === 'stale') return 'stale'
    }
    while (pulled && changes.length > paces.slices.rows) {
      const early = { ...page, answers, dropScopes, changes: changes.slice(0, paces.slices.rows) }
      changes = changes.slice(early.changes.length)
      if ((await work.settle(early, 'rows')) === 'stale') return 'stale'
      answers = []
      dropScopes = []
    }
    let settled = await work.settle({ ...page, answers, dropScopes, changes }, pulled ? 'page' : 'answers')
    const nothing = { ...page, answers: [], dropScopes: [], changes: [] }
    while (settled === 'more') settled = await work.settle(nothing, 'retired')
    return settled
  } finally {
    work.tell()
  }
}

/**
 * `rows`: an early slice, the cursor stays. `page`: the last slice, the cursor moves. `retired`: the page is stored, and
 * more was answered up to it than one transaction takes. `answers`: no page at all.
 */
type Slice = 'rows' | 'page' | 'retired' | 'answers'

/** The slices of one answer: one transaction each, as large as the phone's pace allows. */
class Slices {
  readonly #database: Database
  readonly #seam: Parameters<typeof settle>[1]
  readonly #asked: Asked
  readonly #paces: SlicePaces
  readonly #notices: Notices
  /** When the answer came, on this phone's clock: it may be stored half a minute later. */
  readonly #answeredAt: number
  /** This page's turn on the phone, once its first early slice is there. */
  #turn: number | null = null

  constructor(database: Database, seam: Parameters<typeof settle>[1], asked: Asked, paces: SlicePaces) {
    this.#database = database
    this.#seam = seam
    this.#asked = asked
    this.#paces = paces
    this.#notices = new Notices(seam.clock)
    this.#answeredAt = seam.clock.now()
  }

  async settle(page: Page, slice: Slice): Promise<Settled | 'more'> {
    const { records, facades, outbox, shadow, sent: archive, phone } = this.#database
    // Whoever taps goes first.
    if (this.#seam.isRestless()) await new Promise<void>((resolve) => this.#seam.calm(resolve))
    const begun = this.#seam.clock.now()
    const stores = [records, facades, outbox, shadow, archive, phone]
    const { settled, rows, changed } = await this.#database.transaction('rw', stores, async () => {
      const done = await this.#store(page, slice)
      return { ...done, changed: takeNotes() }
    })
    this.#notices.hold(changed)
    const { answers, slices, retirements } = this.#paces
    const pace = page.changes.length > 0 ? slices : page.answers.length > 0 ? answers : retirements
    pace.note(rows, this.#seam.clock.now() - begun, this.#asked.complete)
    return settled
  }

  tell(): void {
    this.#notices.tell()
  }

  async #store(page: Page, slice: Slice): Promise<{ settled: Settled | 'more'; rows: number }> {
    const database = this.#database
    const now = this.#seam.clock.now()
    const state = await readPhone(database)
    if (!belongs(state, this.#asked, page, slice)) return { settled: 'stale', rows: 0 }
    const ofPage = slice === 'rows' || slice === 'page'
    // Another window has begun to store a page from the same place since: an older row of this one must not lie on a newer one.
    if (ofPage && this.#turn !== null && this.#turn !== state.turn) return { settled: 'stale', rows: 0 }
    if (slice === 'rows' && this.#turn === null) state.turn = this.#turn = (state.turn ?? 0) + 1
    const actor = await readActor(database, state, now - state.offsetMs)
    const work = new Settlement(database, state, actor)
    await work.takeAnswers(page.answers)
    if (ofPage) {
      if (page.dropScopes === null || page.dropScopes.length > 0) await work.drop(page.dropScopes)
      await work.takeRows(page.changes)
    }
    // In a phone's first download nothing can be left over from an earlier one.
    const sweeps = slice === 'page' && !page.more && state.sweeping && state.generation > 1
    // What the slice brings comes first; what is over retires in the slices that follow.
    const most = Math.max(1, this.#paces.retirements.rows - page.answers.length - page.changes.length)
    const isMore = slice === 'page' || slice === 'retired' ? await work.retire(page.reached, most) : false
    if (sweeps) await work.forgetUnseen()
    await work.finish()
    if (sweeps) await sweep(database, state.generation)
    await keepSent(database, work.retired, page)
    await scrubErased(database, page.changes, work.retired)
    await putPhone(database, slice === 'retired' ? state : nextState(state, page, slice, this.#answeredAt))
    const rows = page.answers.length + page.changes.length + work.retired.length
    return { settled: isMore ? 'more' : 'stored', rows }
  }
}

/** Whether an answer still belongs to the place this phone stands at. */
export function belongs(state: PhoneState, asked: Asked, page: Pick<Page, 'membership'>, slice: Slice): boolean {
  // A new incarnation or a new download has begun meanwhile: its answers may be of a history that is no more.
  if (state.incarnation !== asked.incarnation || state.generation !== asked.generation) return false
  if (slice === 'answers' || slice === 'retired') return true
  return state.cursor === asked.cursor && page.membership >= state.membership
}

function nextState(state: PhoneState, page: Page, slice: Slice, answeredAt: number): PhoneState {
  const seen = { ...state, device: page.device, matchCode: page.device === 'active' ? null : state.matchCode }
  // A phone that only pushes (it waits to be confirmed) must notice a restored server all the same (SYNC-8).
  if (slice === 'answers') return { ...seen, epoch: state.epoch ?? page.epoch }
  if (slice === 'rows') return seen
  const done = !page.more
  return {
    ...seen,
    epoch: page.epoch,
    cursor: page.cursor,
    membership: page.membership,
    reached: page.reached,
    offsetMs: answeredAt - page.serverTime,
    syncedAt: done ? page.serverTime : state.syncedAt,
    complete: state.complete || done,
    sweeping: state.sweeping && !done,
    ...(page.handoverKey === undefined ? {} : { handoverKey: page.handoverKey }),
  }
}
