import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import type { FastifyInstance } from 'fastify'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Component } from 'vue'
import { readPhone } from '../../../src/db/database.ts'
import { setHere } from '../../../src/db/here.ts'
import { sha256Hex } from '../../../src/domain/hash.ts'
import EnterScreen from '../../../src/features/join/EnterScreen.vue'
import JoinScreen from '../../../src/features/join/JoinScreen.vue'
import PendingScreen from '../../../src/features/join/PendingScreen.vue'
import { nameDevice } from '../../../src/features/join/nameDevice.ts'
import { readCode } from '../../../src/features/join/readCode.ts'
import { forgetSecret } from '../../../src/features/join/takeSecret.ts'
import WelcomeScreen from '../../../src/features/join/WelcomeScreen.vue'
import { useSyncStatus } from '../../../src/sync/status.ts'
import { createServer } from '../../../sync-server/server.ts'
import { makeEntryLink } from '../../../sync-server/start.ts'
import { waitUntil } from '../../harness/waitUntil.ts'
import { createWorld, type TestPhone, type World } from '../../harness/world.ts'
import { openRouter } from '../testPhone.ts'

let world: World
let server: FastifyInstance
let screen: VueWrapper
let requests: string[]

beforeEach(async () => {
  setActivePinia(createPinia())
  forgetSecret()
  world = await createWorld()
  server = await createServer(world.server, { secure: false })
  requests = []
  vi.stubGlobal('fetch', async (url: string, { method, headers, body }: RequestInit) => {
    requests.push(`${method} ${url}`)
    const payload = body ? Buffer.from(body as Uint8Array) : ''
    const answer = await server.inject({
      method: method as 'POST',
      url,
      headers: headers as Record<string, string>,
      payload,
    })
    const type = String(answer.headers['content-type'])
    return {
      status: answer.statusCode,
      headers: new Headers({ 'content-type': type }),
      json: async () => answer.json(),
    }
  })
})
afterEach(async () => {
  screen.unmount()
  setHere(null)
  vi.unstubAllGlobals()
  location.hash = ''
  await server.close()
  await world.close()
})

async function open(component: Component, path: string, fragment = ''): Promise<void> {
  history.replaceState(null, '', `${path}${fragment && '#'}${fragment}`)
  const router = await openRouter(path)
  screen = mount(component, { attachTo: document.body, global: { plugins: [router] } })
  await flushPromises()
}
const says = (words: string) => waitUntil(() => screen.text().includes(words), { what: words })
async function fill(label: string, value: string): Promise<void> {
  const found = screen.findAll('label').find((candidate) => candidate.text() === label)
  if (!found) throw new Error(`no field ${label}`)
  await screen.get(`[id="${found.attributes('for')}"]`).setValue(value)
}
const submit = () => screen.get('form').trigger('submit')
const enrolled = () => waitUntil(() => screen.emitted('enrolled')?.[0]?.[0], { what: 'enrolled' })

async function invite(secret: string, code: string): Promise<void> {
  const officer = await world.phone({ role: 'officer' })
  await officer.sync()
  const hashes = { secretHash: sha256Hex(secret), codeHash: sha256Hex(code) }
  await officer.commit('invite/create', { role: 'member', teamId: null, ...hashes, label: '', minutes: 15 })
  await officer.sync()
}

test('the first officer’s link asks for both names, then enters; the secret leaves the address at once', async () => {
  await open(EnterScreen, '/enter', await makeEntryLink(world.server, world.community, { role: 'officer' }))
  expect(location.hash).toBe('')
  await says('社区名称')
  await submit()
  await says('请填社区名称。')
  await fill('社区名称', '石榴桥社区')
  await fill('我的称呼', '王姐')
  await submit()
  expect(await enrolled()).toMatchObject({ name: '王姐', role: 'officer', state: 'active' })
})

test('somebody who is known enters with the link alone', async () => {
  const { standing } = await world.phone({ role: 'leader', name: '陈姐' })
  const member = standing.memberId
  await open(EnterScreen, '/enter', await makeEntryLink(world.server, world.community, { role: 'leader', member }))
  expect(await enrolled()).toMatchObject({ memberId: member, name: '陈姐' })
  expect(requests).toEqual(['POST /api/enter'])
})

test('a dead link says so in one plain sentence, a cut one what to do', async () => {
  await open(EnterScreen, '/enter', `${world.community}.${'x'.repeat(43)}`)
  await says('可能已经用过，或者过期了')
  screen.unmount()
  forgetSecret()
  await open(EnterScreen, '/enter')
  await says('链接不完整')
})

test('without a network the link can be tried again: nothing was used up', async () => {
  const answering = globalThis.fetch
  const { standing } = await world.phone({ role: 'member', name: '阿明' })
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')))
  const who = { role: 'member', member: standing.memberId }
  await open(EnterScreen, '/enter', await makeEntryLink(world.server, world.community, who))
  await says('现在连不上服务器')
  vi.stubGlobal('fetch', answering)
  await screen.get('button').trigger('click')
  expect(await enrolled()).toMatchObject({ name: '阿明' })
})

test('an invitation asks for a name alone and is used by the button, not by opening it', async () => {
  const secret = 's'.repeat(43)
  await invite(secret, 'ABCD2345')
  await open(JoinScreen, '/join', `${world.community}.${secret}`)
  expect(location.hash).toBe('')
  expect(requests).toEqual([])
  expect(screen.findAll('label').map((label) => label.text())).toEqual(['我的称呼'])
  await submit()
  await says('请填一个称呼。')
  await fill('我的称呼', '阿明')
  await submit()
  expect(await enrolled()).toMatchObject({ name: '阿明', state: 'pending' })
})

test('a code typed in small letters joins; a wrong one says one plain sentence', async () => {
  await invite('s'.repeat(43), 'ABCD2345')
  await open(WelcomeScreen, '/welcome')
  await fill('我的称呼', '阿明')
  await submit()
  await says('请填加入码')
  await fill('加入码', 'nope')
  await submit()
  await says('这个链接或加入码用不了')
  await fill('加入码', ' abcd-2345 ')
  await submit()
  expect(await enrolled()).toMatchObject({ state: 'pending' })
})

test('in WeChat nothing is used up and the address keeps its secret for the browser that comes next', async () => {
  vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0 (iPhone) MicroMessenger/8.0.50' })
  const link = await makeEntryLink(world.server, world.community, { role: 'officer' })
  for (const [component, path] of [
    [EnterScreen, '/enter'],
    [JoinScreen, '/join'],
  ] as const) {
    await open(component, path, link)
    await says('请在浏览器打开')
    expect(location.hash).toBe(`#${link}`)
    screen.unmount()
  }
  await open(WelcomeScreen, '/welcome')
  await says('请在浏览器打开')
  expect(requests).toEqual([])
})

test('a phone that waits shows its six digits; one that was turned away may try another code', async () => {
  screen = mount(PendingScreen, { props: { matchCode: '042719' }, attachTo: document.body })
  expect(screen.get('strong').text()).toBe('042719')
  expect(screen.text()).toContain('请队长核对')
  useSyncStatus().reach = 'offline'
  await says('现在没有网络')
  useSyncStatus().reach = 'revoked'
  await says('没有通过')
  expect(screen.findAll('label').map((label) => label.text())).toEqual(['加入码', '我的称呼'])
})

/** A member's phone that has lost its cookie, with three things unsent; the officer invites for it or for somebody new. */
async function aLostPhone(): Promise<{ phone: TestPhone; invited: (memberId: string | null) => Promise<string> }> {
  const officer = await world.phone({ role: 'officer' })
  const phone = await world.phone({ role: 'member', name: '陈姐' })
  await phone.sync()
  await officer.sync()
  for (let evening = 0; evening < 3; evening++) {
    await phone.commit('session/start', { roundId: world.newId(), partnerIds: [] })
  }
  const { communityId, memberId, deviceId } = await readPhone(phone.database)
  setHere({ database: phone.database, seam: phone.seam, communityId, memberId, deviceId, requestSync: () => {} })
  const invited = async (forMember: string | null) => {
    const secret = world.newId() + world.newId()
    const hashes = { secretHash: sha256Hex(secret), codeHash: null }
    const terms = { role: 'member' as const, teamId: null, memberId: forMember, label: '', minutes: 15 }
    expect((await officer.commit('invite/create', { ...terms, ...hashes })).saved).toBe(true)
    await officer.sync()
    return `${world.community}.${secret}`
  }
  return { phone, invited }
}
const press = (name: string) =>
  screen
    .findAll('button')
    .find((entry) => entry.text() === name)!
    .trigger('click')

test('a phone with unsent work is warned before an invitation for somebody new is used up, and may still go on', async () => {
  const { phone, invited } = await aLostPhone()
  await open(JoinScreen, '/join', await invited(null))
  await fill('我的称呼', '阿明')
  await submit()
  await says('这台手机里还有 3 条没上传的记录')
  expect(screen.text()).toContain('请向队长要“换手机”的邀请')
  await press('先不加入')
  await says('这个邀请还没有用掉')
  expect(screen.emitted('enrolled')).toBeUndefined()
  await submit()
  await says('先别急着加入')
  await press('仍然用这个邀请加入')
  expect(await enrolled()).toMatchObject({ name: '阿明', role: null, state: 'pending' })
  expect(await phone.database.outbox.count()).toBe(3)
})

test('an invitation for the member of this phone needs no warning, and answers with the known name', async () => {
  const { phone, invited } = await aLostPhone()
  await open(JoinScreen, '/join', await invited(phone.standing.memberId))
  expect(screen.text()).toContain('用“换手机”的邀请时，沿用原来的称呼')
  expect(requests).toEqual([])
  await fill('我的称呼', '随便')
  await submit()
  const { memberId } = phone.standing
  expect(await enrolled()).toMatchObject({ memberId, name: '陈姐', role: 'member', state: 'pending' })
  expect(screen.text()).not.toContain('先别急着加入')
})

test('somebody who comes back is welcomed by name, told what is kept, and may go on', async () => {
  await aLostPhone()
  screen = mount(PendingScreen, { props: { matchCode: '042719' }, attachTo: document.body })
  await says('欢迎回来，陈姐')
  await says('手机里的 3 条记录都在，确认以后自动计入')
  await press('先继续敲门')
  expect(screen.emitted('goOn')).toHaveLength(1)
})

test('a known member on a new phone is welcomed by name; somebody new is not, and neither has doors to knock yet', async () => {
  screen = mount(PendingScreen, { props: { matchCode: '042719', returningName: '陈姐' }, attachTo: document.body })
  await says('欢迎回来，陈姐')
  await says('确认以后，接着用就行')
  expect(screen.findAll('button').map((entry) => entry.text())).toEqual(['看看确认了没有'])
  screen.unmount()
  screen = mount(PendingScreen, { props: { matchCode: '042719' }, attachTo: document.body })
  await flushPromises()
  expect(screen.text()).not.toContain('欢迎回来')
  expect(screen.findAll('button').map((entry) => entry.text())).toEqual(['看看确认了没有'])
})

test('a code is read as it was meant', () => {
  expect(readCode(' abcd-2345\n')).toBe('ABCD-2345')
  expect(readCode('ＡＢＣＤ２３４５')).toBe('ABCD2345')
  expect(readCode('https://qiaomen.example/join#abcDEF_-123456789.secretXYZ')).toBe('abcDEF_-123456789.secretXYZ')
})

test('a device is named by its sort alone', () => {
  expect(nameDevice('Mozilla/5.0 (Linux; Android 10; PCT-AL10)')).toBe('安卓手机')
  expect(nameDevice('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)')).toBe('苹果手机')
  expect(nameDevice('Mozilla/5.0 (Windows NT 10.0; Win64)')).toBe('电脑')
  expect(nameDevice('')).toBe('手机')
})
