import { afterEach, expect, test } from 'vitest'
import type { Stairwell } from '../../src/domain/records/stairwell.ts'
import { databaseRows } from '../harness/databaseHash.ts'
import type { TestPhone } from '../harness/world.ts'
import { createCommunity, type Community } from './community.ts'

const TEXT = '找三楼张阿姨开门'

let community: Community
afterEach(() => community.world.close())

/** Every row of every table of a phone, as text. */
async function everythingOn({ database }: TestPhone): Promise<string> {
  const tables = await Promise.all(database.tables.map((table) => table.toArray()))
  return JSON.stringify(tables)
}

async function noteOn(phone: TestPhone): Promise<Stairwell> {
  const id = community.stairwells[0]
  return (await phone.database.records.get([`s:${id}`, 'stairwell', id]))!.body as Stairwell
}

const inDatabase = async () => (await databaseRows(community.world.server.storage.db)).join('\n')

const write = (phone: TestPhone, note: string, baseRevision: number) =>
  phone.commit('stairwell/access-note', { stairwellId: community.stairwells[0], baseRevision, note })
const redact = (phone: TestPhone, revision: number) =>
  phone.commit('stairwell/redact-note', { stairwellId: community.stairwells[0], revision })

/** A team whose author has written the note, with everybody knowing it. */
async function written() {
  community = await createCommunity()
  const author = await community.member(community.teams[0])
  const leader = await community.leader(community.teams[0])
  const late = await community.member(community.teams[0])
  for (const phone of [author, leader, late]) await phone.sync()
  await write(author, TEXT, 0)
  // Another command of the author carries the whole layout, and the note with it, into the archive.
  await author.commit('door/add', { stairwellId: community.stairwells[0], level: 2, label: '203', kind: 'home' })
  for (const phone of [author, leader, author]) await phone.sync()
  expect(await author.database.sent.count()).toBe(2)
  expect(await everythingOn(author)).toContain('张阿姨')
  expect(await inDatabase()).toContain('张阿姨')
  return { author, leader, late }
}

test('[SYNC-14] an erased note leaves the server, every phone, and every archive for offering again', async () => {
  const { author, leader } = await written()
  expect(await redact(leader, 1)).toMatchObject({ saved: true })
  expect((await noteOn(leader)).accessNote).toBe('')
  for (const phone of [leader, author, community.officer]) await phone.sync()
  expect(await inDatabase()).not.toContain('张阿姨')
  for (const phone of [leader, author, community.officer]) {
    expect(await everythingOn(phone)).not.toContain('张阿姨')
    expect(await noteOn(phone)).toMatchObject({ accessNoteErased: true, accessNoteRevision: 2 })
  }
  // Only the command that wrote the text is gone; the other is still offered again after a restore.
  expect((await author.database.sent.toArray()).map(({ command }) => command.verb)).toEqual(['door/add'])
})

test('[SYNC-14] a phone that lost the stairwell drops the text from its archive too', async () => {
  const { author, leader } = await written()
  await redact(leader, 1)
  await leader.sync()
  await community.assign(community.stairwells[0], community.teams[1])
  await author.sync()
  expect(await everythingOn(author)).not.toContain('张阿姨')
})

test('[SYNC-14] what the author wrote on top and nobody took in is another text: it stays, with its reason', async () => {
  const { author, leader } = await written()
  await write(author, '找保安王叔', 1)
  await redact(leader, 1)
  await leader.sync()
  await author.sync()
  const [entry] = await author.database.outbox.toArray()
  expect(entry).toMatchObject({ state: 'refused', code: 'stale_revision' })
  expect(JSON.stringify(entry!.args)).toContain('王叔')
  expect(await everythingOn(author)).not.toContain('张阿姨')
})

test('[SYNC-14] a text that waits for the leader is taken out with the erasure, and its phone learns of it', async () => {
  community = await createCommunity()
  const leader = await community.leader(community.teams[0])
  const other = await community.member(community.teams[1])
  // The other team holds no grant, so its note waits; meanwhile the first team writes notes of its own.
  await other.database.records.put({
    ...(await leader.database.records.get([`s:${community.stairwells[0]}`, 'stairwell', community.stairwells[0]]))!,
  })
  await write(other, TEXT, 0)
  await other.sync()
  expect(await inDatabase()).toContain('张阿姨')
  await write(leader, '按门铃', 0)
  await leader.sync()
  await redact(leader, 1)
  await leader.sync()
  expect(await inDatabase()).not.toContain('张阿姨')
  await other.sync()
  expect(await other.database.outbox.toArray()).toMatchObject([{ state: 'refused', code: 'text_erased' }])
})

test('[SYNC-14] an old command that writes an erased text is refused wherever it comes from, and kept nowhere', async () => {
  const { author, leader, late } = await written()
  await write(late, `${TEXT}，她都在`, 0)
  await redact(leader, 1)
  await leader.sync()
  await late.sync()
  expect(await late.database.outbox.toArray()).toMatchObject([{ state: 'refused', code: 'text_erased' }])
  expect(await inDatabase()).not.toContain('张阿姨')
  await write(author, '按门铃', 1)
  await author.sync()
  await write(author, '按门铃', 2)
  await author.sync()
  await leader.sync()
  expect(await noteOn(leader)).toMatchObject({ accessNote: '按门铃', accessNoteRevision: 3 })
})

test('a member who did not write the note cannot erase it', async () => {
  await written()
  const neighbour = await community.member(community.teams[0])
  expect(await redact(neighbour, 1)).toEqual({ saved: false, code: 'not_yours' })
})
