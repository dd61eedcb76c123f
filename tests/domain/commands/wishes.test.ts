import { describe, expect, test } from 'vitest'
import { holdsLongNumber } from '../../../src/domain/programme/holdsLongNumber.ts'
import type { Change } from '../../../src/domain/record.ts'
import { standingOf, WISH_LEASE_MS } from '../../../src/domain/records/wish.ts'
import { after, anActor, anId, bodyOf, decide, EIGHT } from '../../factories/facts.ts'

const wishId = anId('wish')
const officer = anActor('officer', 'officer', null)
const [ann, bo] = [anActor('member', 'ann'), anActor('member', 'bo')]
const published = after([], decide('wish/publish', { wishId, text: '想要一盏楼道灯' }, [], { actor: officer }))
const wishOf = (rows: readonly Change[]) => bodyOf(rows, 'wish')[0]!
const refused = (code: string) => ({ accepted: false, code })
const nothing = { accepted: true, changes: [] }
const claimed = after(published, decide('wish/claim', { wishId }, published, { actor: ann }))
const fulfilled = after(claimed, decide('wish/fulfil', { wishId, word: '装好了' }, claimed, { actor: ann }))

describe('a wish', () => {
  test('is published as it was written; a second one under its id changes nothing', () => {
    expect(wishOf(published)).toMatchObject({ text: '想要一盏楼道灯', state: 'open', holder: null, publishedAt: EIGHT })
    expect(decide('wish/publish', { wishId, text: '别的' }, published, { actor: officer })).toEqual(
      refused('id_conflict'),
    )
  })

  test('has one winner for the lease; who has it already asks in vain and for nothing', () => {
    expect(wishOf(claimed).holder).toEqual({ memberId: ann.memberId, until: EIGHT + WISH_LEASE_MS })
    expect(decide('wish/claim', { wishId }, claimed, { actor: bo })).toEqual(refused('wish_taken'))
    expect(decide('wish/claim', { wishId }, claimed, { actor: ann })).toEqual(nothing)
    const last = { actor: bo, at: EIGHT + WISH_LEASE_MS - 1 }
    expect(decide('wish/claim', { wishId }, claimed, last)).toEqual(refused('wish_taken'))
  })

  test('is anybody’s again when the lease has run out, and its first holder’s no more', () => {
    const at = EIGHT + WISH_LEASE_MS
    expect(standingOf(wishOf(claimed), at - 1)).toBe('claimed')
    expect(standingOf(wishOf(claimed), at)).toBe('open')
    const taken = after(claimed, decide('wish/claim', { wishId }, claimed, { actor: bo, at }))
    expect(wishOf(taken).holder).toEqual({ memberId: bo.memberId, until: at + WISH_LEASE_MS })
    expect(decide('wish/fulfil', { wishId, word: '' }, taken, { actor: ann, at })).toEqual(refused('not_yours'))
  })

  test('that ran out and that nobody else took still comes true by whoever had it', () => {
    const late = decide('wish/fulfil', { wishId, word: '' }, claimed, { actor: ann, at: EIGHT + 2 * WISH_LEASE_MS })
    expect(wishOf(after(claimed, late)).state).toBe('fulfilled')
  })

  test('is given back by its holder or the office, and by nobody else', () => {
    expect(decide('wish/give-back', { wishId }, claimed, { actor: bo })).toEqual(refused('not_yours'))
    for (const actor of [ann, officer]) {
      const back = after(claimed, decide('wish/give-back', { wishId }, claimed, { actor }))
      expect(wishOf(back)).toEqual(wishOf(published))
    }
  })

  test('comes true once, is thanked for once, and is then over for everybody', () => {
    expect(wishOf(fulfilled)).toMatchObject({ state: 'fulfilled', word: '装好了' })
    expect(decide('wish/claim', { wishId }, fulfilled, { actor: bo })).toEqual(refused('wish_over'))
    expect(decide('wish/give-back', { wishId }, fulfilled, { actor: ann })).toEqual(refused('wish_over'))
    const thanked = after(fulfilled, decide('wish/close', { wishId }, fulfilled, { actor: officer }))
    expect(wishOf(thanked).state).toBe('thanked')
    expect(decide('wish/close', { wishId }, thanked, { actor: officer })).toEqual(nothing)
    expect(wishOf(after(claimed, decide('wish/close', { wishId }, claimed, { actor: officer }))).state).toBe('closed')
  })

  test.each(['wish/claim', 'wish/give-back', 'wish/fulfil', 'wish/close'] as const)('%s of none', (verb) => {
    const args = { wishId: anId('none'), ...(verb === 'wish/fulfil' ? { word: '' } : {}) }
    expect(decide(verb, args as never, published, { actor: officer })).toEqual(refused('not_found'))
    expect(decide(verb, args as never, [], { actor: officer, missing: 'unknownHere' })).toEqual(nothing)
  })

  test.each(['陈婆婆 13800138000', '电话 8765 4321', '１３８００１３８０００', '138-0013-8000', '440106195001011234'])(
    '%s looks like somebody’s',
    (text) => {
      expect(holdsLongNumber(text)).toBe(true)
      expect(decide('wish/publish', { wishId: anId('new'), text }, [], { actor: officer })).toEqual(
        refused('digits_in_text'),
      )
      expect(decide('wish/fulfil', { wishId, word: text }, claimed, { actor: ann })).toEqual(refused('digits_in_text'))
    },
  )

  test.each(['2026-11-24 上午 9:30-10:30', '3 楼 12 级台阶', '500 元以内', '2026年11月24日'])('%s does not', (text) => {
    expect(holdsLongNumber(text)).toBe(false)
  })
})
