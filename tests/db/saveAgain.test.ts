import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { setHere, type StorageTrouble } from '../../src/db/here.ts'
import { isFull, isLost, saveAgain } from '../../src/db/saveAgain.ts'
import { createCommunity, type Community } from '../sync/community.ts'

const full = () => new DOMException('no room', 'QuotaExceededError')
const lost = () => new DOMException('Connection to Indexed Database server lost. Refresh the page', 'UnknownError')

let community: Community
let told: StorageTrouble[]
/** Cache Storage with the reserve in it, or without. */
let reserve: boolean

beforeEach(async () => {
  community = await createCommunity()
  const { database, seam, standing } = await community.member(community.teams[0])
  const { memberId, deviceId } = standing
  told = []
  reserve = true
  const onTrouble = (code: StorageTrouble) => void told.push(code)
  setHere({ database, seam, communityId: standing.community.id, memberId, deviceId, requestSync() {}, onTrouble })
  const giveUp = async () => {
    const had = reserve
    reserve = false
    return had
  }
  vi.stubGlobal('caches', { delete: giveUp })
})
afterEach(async () => {
  setHere(null)
  vi.unstubAllGlobals()
  await community.world.close()
})

/** Fails so often, with these errors in turn, and then is saved. */
function write(...errors: Error[]) {
  return vi.fn(async () => {
    const error = errors.shift()
    if (error) throw error
    return 'saved'
  })
}

test('a full phone gives up its reserve, saves, and says so', async () => {
  const again = write()
  expect(await saveAgain(full(), again)).toBe('saved')
  expect([reserve, told]).toEqual([false, ['nearlyFull']])
})

test('a phone that stays full says no, and keeps what it has', async () => {
  await expect(saveAgain(full(), write(full(), full()))).rejects.toThrow('no room')
  expect(told).toEqual([])
})

test('a lost connection is opened again once', async () => {
  const again = write()
  expect(await saveAgain(lost(), again)).toBe('saved')
  expect(told).toEqual([])
  await expect(saveAgain(lost(), write(lost()))).rejects.toThrow('server lost')
  expect(told).toEqual(['lost'])
})

test('any other error stays what it is, and nothing is tried again', async () => {
  const again = write()
  await expect(saveAgain(new TypeError('a bug'), again)).rejects.toThrow('a bug')
  expect(again).not.toHaveBeenCalled()
})

test('errors are told apart however deep Dexie wraps them', () => {
  expect(isFull(Object.assign(new Error('aborted'), { name: 'AbortError', inner: full() }))).toBe(true)
  expect([isFull(lost()), isFull(undefined), isLost(full()), isLost(lost())]).toEqual([false, false, false, true])
})
