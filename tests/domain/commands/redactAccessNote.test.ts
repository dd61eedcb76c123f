import { describe, expect, test } from 'vitest'
import { put } from '../../../src/domain/put.ts'
import { isErased, mintErasureId } from '../../../src/domain/erasures.ts'
import type { Change } from '../../../src/domain/record.ts'
import { mintStairwellId, type Stairwell } from '../../../src/domain/records/stairwell.ts'
import { commandOf } from '../../../src/domain/verbs.ts'
import { after, anActor, anId, aStairwell, bodyOf, COMMUNITY, decide, EIGHT } from '../../factories/facts.ts'

const stairwellId = anId('stairwell')
const author = anActor('member', 'author')
const leader = anActor('leader', 'leader')
const edit = (note: string, baseRevision: number) => ({ stairwellId, baseRevision, note })
const stairwellOf = (rows: readonly Change[]) => bodyOf(rows, 'stairwell')[0]!
const erasureOf = (rows: readonly Change[]) => bodyOf(rows, 'erasure')[0]
const written = () => {
  const empty = [aStairwell()]
  return after(empty, decide('stairwell/access-note', edit('找三楼张阿姨', 0), empty, { actor: author }))
}
const redact = (rows: readonly Change[], revision: number, actor = leader) =>
  decide('stairwell/redact-note', { stairwellId, revision }, rows, { actor })

describe('stairwell/redact-note', () => {
  test('[SYNC-14] the row keeps standing with its text gone, and the erasure says nothing of what it said', () => {
    const rows = after(written(), redact(written(), 1))
    expect(stairwellOf(rows)).toMatchObject({ accessNote: '', accessNoteRevision: 2, accessNoteErased: true })
    expect(stairwellOf(rows)).not.toHaveProperty('accessNoteBy')
    expect(erasureOf(rows)).toEqual({
      id: mintErasureId('accessNote', stairwellId),
      text: 'accessNote',
      subjectId: stairwellId,
      through: 1,
      erasedBy: leader.memberId,
      erasedAt: EIGHT,
    })
    expect(JSON.stringify(rows)).not.toContain('张阿姨')
  })

  test('its author may, another member may not, a leader and an officer may', () => {
    expect(redact(written(), 1, author)).toMatchObject({ accepted: true })
    expect(redact(written(), 1, anActor('member', 'neighbour'))).toEqual({ accepted: false, code: 'not_yours' })
    expect(redact(written(), 1, anActor('officer', 'officer', null))).toMatchObject({ accepted: true })
  })

  test('a note that somebody wrote meanwhile is another text and stands; the one before it is erased', () => {
    const later = after(written(), decide('stairwell/access-note', edit('找保安', 1), written()))
    const rows = after(later, redact(later, 1))
    expect(stairwellOf(rows)).toMatchObject({ accessNote: '找保安', accessNoteRevision: 2 })
    expect(erasureOf(rows)).toMatchObject({ through: 1 })
  })

  test('what was written over an erased revision or before it is erased; what is written after it is not', () => {
    const rows = after(written(), redact(written(), 1))
    const says = (baseRevision: number) => {
      const text = commandOf('stairwell/access-note').writesText?.(edit('找三楼张阿姨', baseRevision))
      return text && isErased(text, erasureOf(rows)!)
    }
    expect([0, 1, 2].map(says)).toEqual([true, false, false])
    const anew = after(rows, decide('stairwell/access-note', edit('找保安', 2), rows))
    expect(stairwellOf(anew)).toMatchObject({ accessNote: '找保安', accessNoteRevision: 3 })
    expect(stairwellOf(anew)).not.toHaveProperty('accessNoteErased')
    expect(decide('stairwell/access-note', edit('找三楼张阿姨', 0), anew)).toMatchObject({ code: 'stale_revision' })
  })

  test('a house that a restore forgot comes back past every erased revision, and importing again keeps its note', () => {
    const place = { estate: '华兴苑', building: '1栋', stairwell: 'A梯', floors: [], doors: [] }
    const id = mintStairwellId(COMMUNITY, '华兴苑', '1栋', 'A梯')
    const said = { text: 'accessNote' as const, subjectId: id, through: 4, erasedBy: anId('leader'), erasedAt: EIGHT }
    const erased = [put('erasure', { id: mintErasureId('accessNote', id), ...said })]
    const house = after(erased, decide('roster/import-stairwell', place, erased))
    expect(stairwellOf(house)).toMatchObject({ accessNote: '', accessNoteRevision: 5, accessNoteErased: true })
    const note = { stairwellId: id, baseRevision: 5, note: '找保安' }
    const noted = after(house, decide('stairwell/access-note', note, house))
    const again = after(noted, decide('roster/import-stairwell', place, noted))
    const kept: Partial<Stairwell> = { accessNote: '找保安', accessNoteRevision: 6, accessNoteBy: anActor().memberId }
    expect(stairwellOf(again)).toMatchObject(kept)
  })

  test('an unknown stairwell is not found; where this phone cannot see, nothing is refused', () => {
    expect(redact([], 1)).toEqual({ accepted: false, code: 'not_found' })
    const unknown = { actor: leader, missing: 'unknownHere' as const }
    expect(decide('stairwell/redact-note', { stairwellId, revision: 1 }, [], unknown)).toEqual({
      accepted: true,
      changes: [],
    })
  })
})
