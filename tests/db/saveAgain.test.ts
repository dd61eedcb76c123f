import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isFull, isLost, saveAgain, type StorageTrouble, type Troubled } from '../../src/db/saveAgain.ts'
import { createCommunity, type Community } from '../sync/community.ts'

const full = () => new DOMException('no room', 'QuotaExceededError')
const lost = () => new DOMException('Connection to Indexed Database server lost. Refresh the page', 'UnknownError')

let community: Community
let told: StorageTrouble[]
let phone: Troubled
/** Cache Storage with the reserve in it, or without. */
let reserve: boolean

beforeEach(async () => {
  community = await createCommunity()
  const { database } = await community.member(community.teams[0])
  told = []
  reserve = true
  const onTrouble = (code: StorageTrouble) => void told.push(code)
  phone = { database, onTrouble }
  const giveUp = async () => {
    const had = reserve
    reserve = false
    return had
  }
  vi.stubGlobal('caches', { delete: giveUp })
})
afterEach(async () => {
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
  expect(await saveAgain(full(), again, phone)).toBe('saved')
  expect([reserve, told]).toEqual([false, ['nearlyFull']])
})

test('a phone that stays full says no, and keeps what it has', async () => {
  await expect(saveAgain(full(), write(full(), full()), phone)).rejects.toThrow('no room')
  expect(told).toEqual([])
})

test('a lost connection is opened again once', async () => {
  const again = write()
  expect(await saveAgain(lost(), again, phone)).toBe('saved')
  expect(told).toEqual([])
  await expect(saveAgain(lost(), write(lost()), phone)).rejects.toThrow('server lost')
  expect(told).toEqual(['lost'])
})

test('any other error stays what it is, and nothing is tried again', async () => {
  const again = write()
  await expect(saveAgain(new TypeError('a bug'), again, phone)).rejects.toThrow('a bug')
  expect(again).not.toHaveBeenCalled()
})

test('errors are told apart however deep Dexie wraps them', () => {
  expect(isFull(Object.assign(new Error('aborted'), { name: 'AbortError', inner: full() }))).toBe(true)
  expect([isFull(lost()), isFull(undefined), isLost(full()), isLost(lost())]).toEqual([false, false, false, true])
})
