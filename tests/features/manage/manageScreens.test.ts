import { mount, type VueWrapper } from '@vue/test-utils'
import type { Component } from 'vue'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { save } from '../../../src/db/here.ts'
import { readAll, readOne } from '../../../src/db/read.ts'
import { sha256Hex } from '../../../src/domain/hash.ts'
import { grantAt, mintAssignmentId } from '../../../src/domain/records/assignment.ts'
import { bondAt, type Bond } from '../../../src/domain/records/member.ts'
import AssignScreen from '../../../src/features/manage/AssignScreen.vue'
import HoldsScreen from '../../../src/features/manage/HoldsScreen.vue'
import InvitesScreen from '../../../src/features/manage/InvitesScreen.vue'
import RoundsScreen from '../../../src/features/manage/RoundsScreen.vue'
import SettingsScreen from '../../../src/features/manage/SettingsScreen.vue'
import TeamsScreen from '../../../src/features/manage/TeamsScreen.vue'
import { waitUntil } from '../../harness/waitUntil.ts'
import { aRound, aStairwell, openRouter, openScreenPhone, type ScreenPhone } from '../testPhone.ts'

let phone: ScreenPhone
let screen: VueWrapper | undefined
const teamId = 'team-000000000001'
const mateId = 'member-00000000002'
const bond = (change: Partial<Bond> = {}): Bond => ({ role: 'member', teamId, from: 0, until: null, ...change })

beforeEach(async () => {
  sessionStorage.clear()
  phone = await openScreenPhone()
  await phone.put('member', {
    id: phone.memberId,
    name: '示例甲',
    bonds: [bond({ role: 'officer', teamId: null })],
  })
})
afterEach(() => {
  screen?.unmount()
  phone.close()
})

async function open(component: Component, ready: string): Promise<void> {
  const router = await openRouter('/manage')
  screen = mount(component, { attachTo: document.body, global: { plugins: [router] } })
  await says(ready)
}
const says = (words: string) => waitUntil(() => screen!.text().includes(words), { what: words })
const nameOf = (entry: { attributes(name: string): string | undefined; text(): string }) =>
  entry.attributes('aria-label') ?? entry.text()
async function press(name: string): Promise<void> {
  const found = screen!.findAll('button').find((entry) => nameOf(entry) === name)
  if (!found) throw new Error(`no button ${name} in ${screen!.findAll('button').map(nameOf).join(' | ')}`)
  await (found.attributes('type') === 'submit'
    ? found.element.closest('form')!.requestSubmit()
    : found.trigger('click'))
}
function field(label: string) {
  const found = screen!.findAll('label').find((entry) => entry.text() === label)
  if (!found) throw new Error(`no field ${label}`)
  return screen!.get(`[id="${found.attributes('for')}"]`)
}
async function aTeam(): Promise<void> {
  await phone.put('team', { id: teamId, name: '第一服务队', revision: 1 })
  await phone.put('member', { id: mateId, name: '示例乙', bonds: [bond()] })
}

test('a team is made once; the same name again is told, and nothing is saved', async () => {
  await open(TeamsScreen, '还没有队伍')
  await field('新队伍的名字').setValue('第一服务队')
  await press('建队伍')
  await says('0 人 · 0 个楼梯')
  await field('新队伍的名字').setValue(' 第一服务队 ')
  await press('建队伍')
  await says('已经有同名的队伍')
  expect(await readAll('team')).toHaveLength(1)
})

test('a member becomes a leader; the last officer stays one', async () => {
  await aTeam()
  await open(TeamsScreen, '示例乙 · 队员')
  await press('调整 示例乙')
  await screen!.get('input[value="leader"]').setValue(true)
  await press('保存')
  await says('示例乙 已调整')
  await says('示例乙 · 队长')
  await press('调整 示例甲')
  await screen!.get('input[value="member"]').setValue(true)
  await field('队伍').setValue(teamId)
  await press('保存')
  await says('社区至少要留一位社区专员')
  expect(bondAt((await readOne('member', phone.memberId))!, phone.clock.now())?.role).toBe('officer')
})

test('a round is opened with the next number and closed again', async () => {
  await open(RoundsScreen, '还没有轮次')
  expect((field('开始日期').element as HTMLInputElement).value).toBe('2026-11-21')
  await press('开这一轮')
  await says('进行中')
  await waitUntil(() => (field('第几轮').element as HTMLInputElement).value === '2', { what: 'the next number' })
  await press('结束这一轮 第 1 轮')
  await says('已结束')
  expect(await readAll('round')).toMatchObject([{ number: 1, name: '第 1 轮', state: 'closed', revision: 2 }])
})

test('stairwells are ticked onto a team and its people, with an end; another team sees what is unsent first', async () => {
  await aTeam()
  await phone.put('team', { id: 'team-000000000002', name: '第二服务队', revision: 1 })
  await phone.put('round', aRound())
  await phone.put('stairwell', aStairwell())
  await open(AssignScreen, '3栋 2梯')
  await field('派给哪支队').setValue(teamId)
  await press('派出 0 个楼梯')
  await says('先勾选楼梯')
  await field('勾选华兴苑').setValue(true)
  await press('示例乙')
  await field('到哪天（可不填）').setValue('2026-12-05')
  await press('派出 1 个楼梯')
  await says('1 个楼梯已派给第一服务队')
  await says('第一服务队 · 示例乙 · 到 12月5日')
  const stored = await readOne('assignment', mintAssignmentId(aRound().id, aStairwell().id))
  expect(grantAt(stored!, phone.clock.now())).toMatchObject({ teamId, memberIds: [mateId] })

  const reportedAt = phone.clock.now() - 3_600_000
  await phone.put('deviceReport', { id: 'device-00000000002', memberId: mateId, unsent: 4, reportedAt })
  phone.clock.tick(60_000)
  await field('勾选华兴苑').setValue(true)
  await field('派给哪支队').setValue('team-000000000002')
  await says('示例乙的手机还有 4 条没上传（11月21日 19:00 报告）')
  await press('派出 1 个楼梯')
  await says('1 个楼梯已派给第二服务队')
  const after = await readOne('assignment', stored!.id)
  expect(after!.grants.map((grant) => [grant.teamId, grant.until !== null])).toEqual([
    [teamId, true],
    ['team-000000000002', false],
  ])
})

test('a leader hands out only what the own team holds', async () => {
  await aTeam()
  await phone.put('member', { id: phone.memberId, name: '示例甲', bonds: [bond({ role: 'leader' })] })
  await phone.put('round', aRound())
  const other = aStairwell({ id: 'stairwell-00000002', building: '4栋' })
  await phone.put('stairwell', aStairwell(), other)
  const { id: stairwellId } = aStairwell()
  const grants = [{ teamId, memberIds: [], from: 0, until: null, leaseUntil: null }]
  const id = mintAssignmentId(aRound().id, stairwellId)
  await phone.put('assignment', { id, stairwellId, roundId: aRound().id, grants, revision: 1 })
  await open(AssignScreen, '3栋 2梯')
  expect(screen!.text()).not.toContain('4栋')
  await field('勾选华兴苑').setValue(true)
  expect(screen!.findAll('button').map(nameOf)).not.toContain('收回 1 个')
})

test('invitations: single use, hashes alone are stored, and this tab alone still knows the secrets', async () => {
  await aTeam()
  await open(InvitesScreen, '几个人')
  await field('几个人').setValue('3')
  await press('做邀请')
  await says('做好 3 个邀请')
  await waitUntil(() => screen!.findAll('svg[role="img"]').length === 3, { what: 'three QR codes' })
  const links = screen!.findAll('[data-invite-link]').map((link) => link.text())
  const codes = screen!.findAll('.code').map((code) => code.text())
  expect(new Set(links).size).toBe(3)
  const invites = await readAll('invite')
  for (const [index, link] of links.entries()) {
    const [, community, secret] = /\/join#([^.]+)\.(.+)$/.exec(link)!
    expect(community).toBe(phone.communityId)
    expect(secret!.length).toBeGreaterThanOrEqual(22)
    expect(codes[index]).toMatch(/^[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}$/)
    const invite = invites.find((entry) => entry.secretHash === sha256Hex(secret!))
    expect(invite?.codeHash).toBe(sha256Hex(codes[index]!.replace('-', '')))
    expect(invite).toMatchObject({ role: 'member', teamId, state: 'open' })
    expect(JSON.stringify(await phone.database.records.toArray())).not.toContain(secret)
    expect(JSON.stringify(await phone.database.outbox.toArray())).not.toContain(secret)
  }
  expect(invites[0]!.expiresAt - phone.clock.now()).toBe(24 * 3_600_000)

  screen!.unmount()
  await open(InvitesScreen, '做好 3 个邀请')
  await press('收回 第一服务队 · 队员')
  await says('做好 2 个邀请')
  expect((await readAll('invite')).filter((invite) => invite.state === 'withdrawn')).toHaveLength(1)
})

test('换手机: one invitation for the same member, made in the sheet, shown where invitations are', async () => {
  await aTeam()
  await open(TeamsScreen, '示例乙 · 队员')
  await press('调整 示例乙')
  await press('换手机')
  await waitUntil(async () => (await readAll('invite')).length === 1, { what: 'the invitation' })
  const [invite] = await readAll('invite')
  expect(invite).toMatchObject({ memberId: mateId, role: 'member', teamId, state: 'open' })
  expect(invite!.expiresAt - phone.clock.now()).toBe(24 * 3_600_000)
  await waitUntil(() => !screen!.text().includes('给谁换') && !screen!.find('dialog[open]').exists(), {
    what: 'the sheet closed',
  })
  screen!.unmount()
  await open(InvitesScreen, '换手机：示例乙')
  const [, secret] = /\/join#[^.]+\.(.+)$/.exec(screen!.get('[data-invite-link]').text())!
  expect(sha256Hex(secret!)).toBe(invite!.secretHash)
  expect(JSON.stringify(await phone.database.outbox.toArray())).not.toContain(secret)
})

test('换手机: a leader finds the own team’s people and no officer, and an officer’s phone lies in no team’s scope', async () => {
  await aTeam()
  const people: [string, string, Bond][] = [
    ['member-00000000004', '示例丁', bond({ teamId: 'team-000000000002' })],
    ['member-00000000005', '示例戊', bond({ role: 'officer' })],
  ]
  for (const [id, name, held] of people) await phone.put('member', { id, name, bonds: [held] })
  await open(InvitesScreen, '给谁换')
  await press('做换手机的邀请')
  await says('请先选一个人')
  await field('给谁换').setValue('member-00000000005')
  await press('做换手机的邀请')
  await says('换手机：示例戊')
  expect(await readAll('invite')).toMatchObject([{ memberId: 'member-00000000005', role: 'officer', teamId: null }])

  screen!.unmount()
  await phone.put('member', { id: phone.memberId, name: '示例甲', bonds: [bond({ role: 'leader' })] })
  await open(InvitesScreen, '给谁换')
  const names = field('给谁换')
    .findAll('option')
    .map((option) => option.text())
  expect(names).toEqual(['请选一个人', '示例乙 · 队员', '示例甲 · 队长'])
})

test('a phone is confirmed by typing the digits on the other screen, and by nothing else', async () => {
  await aTeam()
  const newcomer = { id: 'member-00000000003', name: '示例丙', bonds: [] }
  await phone.put('member', newcomer)
  const device = { id: 'device-00000000003', memberId: newcomer.id, role: 'member' as const, teamId, name: '安卓手机' }
  await phone.put('device', { ...device, matchCode: '042917', state: 'pending', enrolledAt: 1 })
  await open(InvitesScreen, '示例丙 · 安卓手机')
  expect(screen!.html()).not.toContain('042917')
  await press('确认 示例丙')
  await says('请输入对方手机上的六位数字')
  await field('六位确认码').setValue('111111')
  await press('确认 示例丙')
  await says('确认码对不上')
  expect((await readOne('device', device.id))?.state).toBe('pending')
  await field('六位确认码').setValue('042 917')
  await press('确认 示例丙')
  await says('示例丙 的手机已确认')
  expect((await readOne('device', device.id))?.state).toBe('active')
  expect(bondAt((await readOne('member', newcomer.id))!, phone.clock.now())).toMatchObject({ role: 'member', teamId })

  await press('停用 示例丙')
  await press('送完再停用')
  await says('示例丙 的手机送完就停用')
  expect((await readOne('device', device.id))?.state).toBe('draining')

  await press('停用 示例丙')
  expect(screen!.text()).toContain('正在停用，等它送完')
  expect(screen!.text()).not.toContain('送完再停用')
  await press('立即停用并清空')
  await says('示例丙 的手机已停用')
  expect((await readOne('device', device.id))?.state).toBe('revoked')
})

test('a held visit says what, who and why, and is settled by a person', async () => {
  await aTeam()
  await phone.put('stairwell', aStairwell())
  const hold = { commandId: 'command-0000000001', memberId: mateId, teamId, verb: 'visit/record', doorLabel: '301' }
  const rest = { stairwellId: aStairwell().id, claimedAt: phone.clock.now(), state: 'waiting' as const }
  await phone.put('hold', { id: 'hold-000000000001', ...hold, ...rest, why: 'notGranted', estimated: true })
  await open(HoldsScreen, '敲门记录 · 3栋 2梯 301')
  expect(screen!.text()).toContain('示例乙 · 11月21日 20:00（时间为推算）')
  expect(screen!.text()).toContain('当时这个楼梯没有派给他的队')
  await press('算数：敲门记录 · 3栋 2梯 301')
  await says('已算数，会计入进度')
  expect((await readOne('hold', 'hold-000000000001'))?.state).toBe('accepted')
})

test('settings are saved from what they were, and a stale page is told', async () => {
  const settings = { ruleSetId: 'gz2023', questionsPerVisit: 1, visitingFrom: 1140, visitingUntil: 1260, quietDays: [] }
  await phone.put('community', { id: phone.communityId, name: '石榴桥社区', ...settings, revision: 1 })
  await open(SettingsScreen, '社区名称')
  await waitUntil(() => (field('敲门从几点').element as HTMLInputElement).value === '19:00', { what: 'the hours' })
  await field('到几点').setValue('18:00')
  await press('保存')
  await says('结束时间要晚于开始时间')
  await field('到几点').setValue('20:30')
  await field('加一个日期').setValue('2027-06-07')
  await press('加上')
  await press('保存')
  await says('设置已保存')
  const stored = await readOne('community', phone.communityId)
  expect(stored).toMatchObject({ visitingUntil: 1230, quietDays: ['2027-06-07'], revision: 2 })
  const late = await save('community/save', { ...settings, name: 'x', baseRevision: 1 })
  expect(late).toEqual({ saved: false, code: 'stale_revision' })
})
