import { afterEach, beforeEach, expect, it } from 'vitest'
import { DAY_MS } from '../../src/protocol/limits.ts'
import { prune } from '../../sync-server/pruning.ts'
import { StorageTrouble } from '../../sync-server/storage/StorageTrouble.ts'
import { hashSecret } from '../../sync-server/identity/token.ts'
import { WireWorld, type WireDevice } from '../harness/wireWorld.ts'
import { onEachDatabase } from './storage/eachDatabase.ts'

const WEEK_MS = 7 * DAY_MS

onEachDatabase((place) => {
  let world: WireWorld
  let officer: WireDevice
  let phone: WireDevice
  beforeEach(async () => {
    world = await WireWorld.open(await place.empty())
    officer = await world.enter({ role: 'officer' })
    phone = await world.enter({ role: 'member' })
  })
  afterEach(() => world.close())

  /** One sync under a cookie. @returns what was said, and the cookie that came with it */
  async function ask(cookie: string): Promise<{ says: number | string; cookie: string | null }> {
    const answer = await world.post('/api/sync', phone.request([], { pull: true }), { cookie })
    const { code } = answer.json<{ code?: string }>()
    return { says: code ?? answer.statusCode, cookie: answer.cookies[0]?.value ?? null }
  }
  const tokens = () => world.db.selectFrom('deviceToken').selectAll().where('device', '=', phone.id).execute()
  /** The next cookie, given a week later. */
  async function followed(cookie: string): Promise<string> {
    world.clock.tick(WEEK_MS)
    const { cookie: next } = await ask(cookie)
    if (next === null) throw new Error('no cookie came')
    return next
  }

  it('a young token stays', async () => {
    world.clock.tick(WEEK_MS - 1)
    expect(await ask(phone.cookie)).toEqual({ says: 200, cookie: null })
  })

  it('fifty answers that were lost leave the phone signed in, and one next token', async () => {
    const next = await followed(phone.cookie)
    for (let lost = 0; lost < 50; lost++) {
      world.clock.tick(DAY_MS)
      expect(await ask(phone.cookie)).toEqual({ says: 200, cookie: next })
    }
    expect(await tokens()).toHaveLength(1)
    expect(await ask(next)).toEqual({ says: 200, cookie: null })
    expect(await tokens()).toHaveLength(2)
  })

  it('the old one is good until a day after the new one was first seen, and leads to the new one meanwhile', async () => {
    const next = await followed(phone.cookie)
    expect((await ask(next)).says).toBe(200)
    world.clock.tick(DAY_MS - 1)
    // A battery died, and the browser has its cookies of before.
    expect(await ask(phone.cookie)).toEqual({ says: 200, cookie: next })
    world.clock.tick(1)
    expect(await ask(phone.cookie)).toEqual({ says: 'token_superseded', cookie: null })
    expect((await ask(next)).says).toBe(200)
    // What stands in the table opens nothing.
    const { nextHash } = (await tokens()).find(({ endsAt }) => endsAt === null)!
    expect((await ask(`${world.community}.${nextHash!.slice(0, 43)}`)).says).toBe('unauthenticated')
  })

  it('twenty windows that show the new token first, at once, are one phone', async () => {
    const next = await followed(phone.cookie)
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(next)))
    expect(answers.map(({ says }) => says)).toEqual(Array.from({ length: 20 }, () => 200))
    const rows = await tokens()
    expect(rows.map(({ endsAt }) => endsAt === null).sort()).toEqual([false, true])
  })

  it('a backup of before the rotation signs nobody out', async () => {
    const next = await followed(phone.cookie)
    expect((await ask(next)).says).toBe(200)
    // As a restore leaves it: what came later is not there, and the old one is the last.
    await world.db
      .deleteFrom('deviceToken')
      .where('tokenHash', '=', hashSecret(next.split('.')[1]!))
      .execute()
    await world.db.updateTable('deviceToken').set({ endsAt: null }).execute()
    expect((await ask(next)).says).toBe(200)
    expect(await tokens()).toHaveLength(2)
  })

  it('a token of before there was rotation is followed as well', async () => {
    await world.db.updateTable('deviceToken').set({ nextHash: null }).execute()
    const next = await followed(phone.cookie)
    expect((await ask(next)).says).toBe(200)
    expect((await ask(await followed(next))).says).toBe(200)
    expect(await tokens()).toHaveLength(3)
  })

  it('a disk that takes nothing more keeps no answer back', async () => {
    await world.db.updateTable('deviceToken').set({ nextHash: null }).execute()
    world.clock.tick(WEEK_MS)
    const { storage } = world.context
    const db = storage.db.withPlugin({
      transformQuery({ node }) {
        if (node.kind === 'UpdateQueryNode') throw new StorageTrouble('disk_full', 'planted')
        return node
      },
      transformResult: async ({ result }) => result,
    })
    world.context.storage = { ...storage, db }
    expect(await ask(phone.cookie)).toEqual({ says: 200, cookie: null })
    world.context.storage = storage
    expect((await ask(phone.cookie)).cookie).not.toBeNull()
  })

  it('a revoked phone hears so under either token', async () => {
    const next = await followed(phone.cookie)
    const revoke = officer.command('device/revoke', { deviceId: phone.id, teamId: null })
    expect(await world.push(officer, [revoke])).toMatchObject([{ result: 'applied' }])
    for (const cookie of [phone.cookie, next]) expect((await ask(cookie)).says).toBe('device_revoked')
  })

  it('what was followed long ago is pruned, and the last token never is', async () => {
    const next = await followed(phone.cookie)
    await ask(next)
    world.clock.tick(402 * DAY_MS)
    expect((await prune(world.context, true)).deviceToken).toBe(1)
    expect((await prune(world.context)).deviceToken).toBe(1)
    expect((await ask(phone.cookie)).says).toBe('unauthenticated')
    expect((await ask(next)).says).toBe(200)
  })
})
