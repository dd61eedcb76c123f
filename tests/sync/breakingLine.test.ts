import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NetAnswer } from '../../src/protocol/netAnswer.ts'
import type { SyncRequest } from '../../src/protocol/sync.ts'
import { Trouble } from '../../src/remote/Trouble.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, type Community } from './community.ts'

describe('a line that breaks', () => {
  let community: Community
  let phone: TestPhone
  let straight: TestPhone['seam']['net']['post']
  beforeAll(async () => {
    community = await createCommunity()
    phone = await community.member(community.teams[0])
    straight = phone.seam.net.post
  })
  afterAll(() => community.world.close())

  const waiting = () => phone.database.outbox.where('state').equals('pending').count()
  const knock = async (times: number) => {
    for (let left = times; left > 0; left--) await community.knock(phone, community.stairwells[0], '101')
  }

  test('[SYNC-10] the batch shrinks until it gets through, and grows again; never below 16', async () => {
    await knock(150)
    const sizes: number[] = []
    const limitedTo = (most: number) => {
      phone.seam.net.post = (path, body) => {
        const { commands } = JSON.parse(body) as SyncRequest
        if (commands.length > 0) sizes.push(commands.length)
        return commands.length > most ? Promise.reject(new Trouble('timeout')) : straight(path, body)
      }
    }
    limitedTo(0)
    for (let cycle = 0; cycle < 8; cycle++) await expect(phone.sync()).rejects.toThrow(Trouble)
    expect(sizes).toEqual([150, 75, 37, 18, 16, 16, 16, 16])
    sizes.length = 0
    limitedTo(1_000)
    await phone.sync()
    expect(sizes).toEqual([16, 32, 64, 38])
    expect(await waiting()).toBe(0)
  })

  const noAnswers: [story: string, body: unknown][] = [
    ['nothing', null],
    ['a word', 'ok'],
    ['an empty object', {}],
    ['a list', []],
    ['half an answer', { answers: [], changes: [], device: 'active', more: false }],
    ['answers that are none', { answers: {}, changes: [], dropScopes: [], epoch: '', cursor: '', serverTime: 1 }],
  ]
  test.for(noAnswers)('[SYNC-10] %s with status 200 counts as offline and changes nothing', async ([, body]) => {
    await knock(2)
    const tables = phone.database.tables
    const held = async () => JSON.stringify(await Promise.all(tables.map((table) => table.toArray())))
    const before = await held()
    phone.seam.net.post = (): Promise<NetAnswer> => Promise.resolve({ status: 200, body, retryAfterMs: null })
    await expect(phone.sync()).rejects.toMatchObject({ name: 'Trouble', kind: 'offline' })
    expect(await held()).toBe(before)
    phone.seam.net.post = straight
    await phone.sync()
    expect(await waiting()).toBe(0)
  })
})
