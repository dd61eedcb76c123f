import { afterEach, expect, test } from 'vitest'
import type { Role } from '../../../src/domain/records/member.ts'
import type { Stairwell } from '../../../src/domain/records/stairwell.ts'
import { readOne } from '../../../src/db/read.ts'
import StairwellScreen from '../../../src/features/visits/StairwellScreen.vue'
import { hasButton, openDoorstep, putRounds, putStairwell, tap, type Doorstep } from '../doorstep.ts'

let doorstep: Doorstep
afterEach(() => doorstep.close())

const TEXT = '找三楼张阿姨开门'

async function open(role: Role, note: Partial<Stairwell> = {}) {
  doorstep = await openDoorstep({ role })
  await putRounds(doorstep)
  const by = role === 'member' ? { accessNoteBy: doorstep.memberId } : {}
  const stairwell = await putStairwell(doorstep, { accessNote: TEXT })
  await doorstep.put('stairwell', { ...stairwell, accessNoteRevision: 1, ...by, ...note })
  const screen = await doorstep.show(StairwellScreen, { stairwellId: stairwell.id })
  await tap(screen, /^[改写]备注$/)
  return { screen, stairwell }
}

test.each(['member', 'leader', 'officer'] as const)(
  'a note that names somebody is erased after a second look (%s; a member only the own one)',
  async (role) => {
    const { screen, stairwell } = await open(role)
    await tap(screen, '抹去这条文字')
    expect(screen.text()).toContain('也不能撤销')
    expect((await readOne('stairwell', stairwell.id))!.accessNote).toBe(TEXT)
    await tap(screen, '不抹去')
    await tap(screen, '抹去这条文字')
    await tap(screen, '抹去，不能撤销')
    expect(screen.text()).toContain('已抹去')
    expect(screen.text()).not.toContain('张阿姨')
    const saved = (await doorstep.saved()).map(({ verb, args }) => ({ verb, args }))
    expect(saved).toEqual([{ verb: 'stairwell/redact-note', args: { stairwellId: stairwell.id, revision: 1 } }])
  },
)

test('a member is not offered to erase what somebody else wrote, and nobody to erase nothing', async () => {
  const { screen } = await open('member', { accessNoteBy: 'another-member-00001' })
  expect(hasButton(screen, '抹去这条文字')).toBe(false)
  doorstep.close()
  const empty = await open('leader', { accessNote: '', accessNoteErased: true })
  expect(hasButton(empty.screen, '抹去这条文字')).toBe(false)
})
