import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { put } from '../../src/domain/put.ts'
import type { Member } from '../../src/domain/records/member.ts'
import { demoMessages } from '../../src/messages/demo.ts'
import { commitDeed } from '../commitDeed.ts'
import { newCommunity } from '../identity/enrol.ts'
import { newRecordId } from '../identity/token.ts'
import { readSettings } from '../settings.ts'
import { createContext, firstCommunity, makeEntryLink, startServer } from '../start.ts'
import { seedDemo } from './seedDemo.ts'

/** `npm run demo`: a throw-away server with an invented community, and a one-time sign-in link for each role. */
const { values } = parseArgs({
  options: { json: { type: 'boolean' }, port: { type: 'string' } },
  allowPositionals: true,
})
const dataDir = await mkdtemp(join(tmpdir(), 'qiaomen-demo-'))
const { DATABASE_URL: _never, DATA_DIR: _either, ...environment } = process.env
const settings = readSettings({ ...environment, PORT: values.port ?? process.env['PORT'] ?? '0', DATA_DIR: dataDir })
const context = await createContext(settings)
const clock = { at: null as number | null }
context.clock = { now: () => clock.at ?? Date.now() }

const community = await firstCommunity(context)
const now = context.clock.now()
const bond = { role: 'officer', teamId: null, from: now - 60 * 86_400_000, until: null } as const
const officer: Member = { id: newRecordId(context.rng), name: demoMessages.officer, bonds: [bond] }
await commitDeed(context, community, async () => ({
  changes: [put('community', newCommunity(community, demoMessages.community)), put('member', officer)],
  value: undefined,
}))
const people = await seedDemo(
  context,
  community,
  { now: () => context.clock.now(), set: (moment) => void (clock.at = moment) },
  officer,
  fileURLToPath(new URL('../../src/content/sample/roster-sample.csv', import.meta.url)),
)
clock.at = null

const running = await startServer(settings, context, fileURLToPath(new URL('../../dist', import.meta.url)))
const link = async (member: string, role: string) => {
  return `${running.url}/enter#${await makeEntryLink(context, community, { role, member, minutes: 24 * 60 })}`
}
const signIn = {
  member: await link(people.member, 'member'),
  member2: await link(people.member2, 'member'),
  leader: await link(people.leader, 'leader'),
  officer: await link(people.officer, 'officer'),
  overseer: null,
}
if (values.json) process.stdout.write(`${JSON.stringify({ url: running.url, signIn })}\n`)
else {
  process.stdout.write(`Demo: ${running.url} (gone when it stops)\n`)
  for (const [role, url] of Object.entries(signIn)) if (url) process.stdout.write(`${role.padEnd(8)} ${url}\n`)
}
const stop = async () => {
  await running.close()
  await rm(dataDir, { recursive: true, force: true })
  process.exit(0)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
