import Dexie from 'dexie'
import { expect, test, vi } from 'vitest'
import { createCommunity } from '../sync/community.ts'

test('[SYNC-1] a listener that fails takes no saved command away, and the next one is saved behind it', async () => {
  const community = await createCommunity()
  const { database, commit } = await community.member(community.teams[0])
  const listener = vi.fn(() => {
    throw new Error('a listener of the page')
  })
  Dexie.on.storagemutated.subscribe(listener)
  await commit('session/start', { roundId: community.roundId, partnerIds: [] }).catch(() => {})
  Dexie.on.storagemutated.unsubscribe(listener)
  expect(listener).toHaveBeenCalled()
  expect(await database.outbox.count()).toBe(1)
  await commit('session/start', { roundId: community.roundId, partnerIds: [] })
  expect((await database.outbox.toArray()).map(({ n }) => n)).toEqual([1, 2])
  await community.world.close()
})
