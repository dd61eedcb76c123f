import { afterEach, expect, test } from 'vitest'
import type { Activity } from '../../src/domain/records/activity.ts'
import type { Wish } from '../../src/domain/records/wish.ts'
import { createWorld, type TestPhone, type World } from '../harness/world.ts'

let world: World
afterEach(() => world.close())

const bodies = async <B>({ database }: TestPhone, kind: string): Promise<B[]> => {
  const rows = await database.records.where('[kind+id]').between([kind, ''], [kind, '\uffff']).toArray()
  return rows.map(({ body }) => body as unknown as B)
}

async function threePeople() {
  world = await createWorld()
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  const [teamId, wishId, activityId] = [world.newId(), world.newId(), world.newId()]
  await officer.commit('team/save', { teamId, baseRevision: 0, name: '一队' })
  await officer.commit('wish/publish', { wishId, text: '想要一盏楼道灯' })
  const hour = 3_600_000
  const when = { startsAt: world.clock.now() + hour, endsAt: world.clock.now() + 2 * hour }
  const said = { title: '摆摊', place: '榕树下', ...when, seats: 1, cancelled: false }
  await officer.commit('activity/save', { activityId, baseRevision: 0, ...said })
  await officer.sync()
  const members = await Promise.all(
    ['阿一', '阿二'].map(async (name) => {
      const phone = await world.phone({ role: 'member', team: teamId, name })
      await phone.sync()
      return phone
    }),
  )
  return { officer, members: members as [TestPhone, TestPhone], wishId, activityId }
}

test('two claim one wish offline: both see it asked for, the first to be heard has it, the other learns who', async () => {
  const { members, wishId } = await threePeople()
  const [first, second] = members
  for (const phone of [second, first]) {
    expect(await phone.commit('wish/claim', { wishId })).toMatchObject({ saved: true })
    const [wish] = await bodies<Wish>(phone, 'wish')
    expect(wish!.holder?.memberId).toBe(phone.standing.memberId)
    expect(await phone.database.outbox.where('state').equals('pending').count()).toBe(1)
  }
  await first.sync()
  await second.sync()
  expect(await first.database.outbox.count()).toBe(0)
  expect(await second.database.outbox.toArray()).toMatchObject([{ state: 'refused', code: 'wish_taken' }])
  for (const phone of members) {
    expect((await bodies<Wish>(phone, 'wish'))[0]!.holder?.memberId).toBe(first.standing.memberId)
  }
})

test('what is given back while the other’s claim is refused may be claimed again', async () => {
  const { members, wishId } = await threePeople()
  const [first, second] = members
  await first.commit('wish/claim', { wishId })
  await second.commit('wish/claim', { wishId })
  for (const phone of members) await phone.sync()
  await first.commit('wish/give-back', { wishId })
  await first.sync()
  await second.sync()
  await second.commit('wish/claim', { wishId })
  await second.sync()
  await first.sync()
  for (const phone of members) {
    expect((await bodies<Wish>(phone, 'wish'))[0]!.holder?.memberId).toBe(second.standing.memberId)
  }
})

test('two sign up offline for one seat: nobody is refused, the second waits and moves up', async () => {
  const { members, activityId, officer } = await threePeople()
  const [first, second] = members
  for (const phone of [second, first]) await phone.commit('activity/sign-up', { activityId })
  await first.sync()
  await second.sync()
  const inOrder = [first.standing.memberId, second.standing.memberId]
  await officer.sync()
  await first.sync()
  for (const phone of [...members, officer]) {
    expect((await bodies<Activity>(phone, 'activity'))[0]!.people).toEqual(inOrder)
    expect(await phone.database.outbox.count()).toBe(0)
  }
  await first.commit('activity/withdraw', { activityId })
  await first.sync()
  await second.sync()
  expect((await bodies<Activity>(second, 'activity'))[0]!.people).toEqual([second.standing.memberId])
})
