import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { redrawn } from './accessFaults.ts'
import { launchPhone } from './launchPhone.ts'
import { startDemo } from './startDemo.ts'
import { startServer } from './startServer.ts'
import { waitUntil } from './waitUntil.ts'

/** Pictures of the main screens, full, empty, offline and refused: `scripts/makeScreenshots.js` runs this. */
const target = path.resolve(process.argv[2] ?? '.')
const folder = mkdtempSync(path.join(tmpdir(), 'screens-'))
const messy = path.resolve(import.meta.dirname, '../fixtures/roster/roster-messy-gb18030.csv')
const contexts: BrowserContext[] = []

const PHONE = { width: 360, height: 740 }
const DESK = { width: 1280, height: 800 }

async function open(name: string, url: string): Promise<Page> {
  const context = await launchPhone(path.join(folder, name), { density: 1.25 })
  contexts.push(context)
  const page = context.pages()[0] ?? (await context.newPage())
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(url)
  return page
}

/** The page as it stands, in both themes and both sizes. A desk's pictures are kept at one pixel per CSS px. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of [
    ['desk', DESK],
    ['phone', PHONE],
  ] as const) {
    await page.setViewportSize(viewport)
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme })
      await redrawn(page)
      const file = path.join(target, `${name}-${size}-${colorScheme}.png`)
      await page.screenshot({ path: file, scale: size === 'desk' ? 'css' : 'device' })
    }
  }
}

const button = (page: Page, begins: string) => page.getByRole('button', { name: new RegExp(`^${begins}`) }).first()
const link = (page: Page, begins: string) => page.getByRole('link', { name: new RegExp(`^${begins}`) }).first()
const tab = (page: Page, name: string) => page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
const heading = (page: Page, name: string) => page.getByRole('heading', { name }).first().waitFor()

async function says(page: Page, sentence: string): Promise<void> {
  const status = page.getByRole('status')
  await waitUntil(async () => (await status.innerText()).trim() === sentence, { withinMs: 60_000, what: sentence })
}

async function close(page: Page): Promise<void> {
  const closing = page.getByRole('dialog').getByRole('button', { name: '关闭' })
  if (await closing.count()) await closing.last().click()
}

async function manage(page: Page, name: string, title: string): Promise<void> {
  await tab(page, '管理')
  await page.getByRole('navigation', { name: '全部设置' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

async function knock(page: Page, door: string, outcome: string): Promise<void> {
  await button(page, `${door} `).click()
  await page.getByRole('dialog').getByRole('heading', { name: door, exact: true }).waitFor()
  await page.getByRole('button', { name: outcome, exact: true }).click()
  await waitUntil(async () => (await button(page, `${door} 未敲`).count()) === 0, { what: `${door} to be saved` })
}

const [demo, fresh] = await Promise.all([startDemo(), startServer()])

// An officer first: the hours of the community are opened wide, or the pictures would depend on when they are taken.
const officer = await open('officer', demo.signIn.officer)
await says(officer, '已同步')
await manage(officer, '社区设置', '社区设置')
await officer.getByLabel('敲门从几点').fill('00:00')
await officer.getByLabel('到几点').fill('23:59')
await button(officer, '保存').click()
await officer.getByText('设置已保存').waitFor()
await shoot(officer, 'settings')
await says(officer, '已同步')

const member = await open('member', demo.signIn.member)
await says(member, '已同步')
await shoot(member, 'home-before')
await button(member, '开始').click()
await button(member, '801 未敲').waitFor()
await shoot(member, 'house-before')
const evening: [outcome: string, doors: string[]][] = [
  ['见到住户', ['801', '803', '702', '703', '601', '602']],
  ['无人应门', ['802', '701', '604', '504']],
  ['只说几句', ['804', '502']],
  ['约好再来', ['704']],
  ['这次不便', ['603']],
  ['请勿打扰', ['501']],
  ['看似空置', ['503']],
]
for (const [outcome, doors] of evening) for (const door of doors) await knock(member, door, outcome)
for (const door of ['404', '402']) {
  await button(member, `${door} 未敲`).click()
  await member.getByRole('dialog').getByRole('heading', { name: door, exact: true }).waitFor()
  await member.getByRole('button', { name: '问一题', exact: true }).click()
  await button(member, '厨余垃圾').waitFor()
  if (door === '404') await shoot(member, 'quiz')
  if (door === '404') {
    await button(member, '给住户看').click()
    await shoot(member, 'resident-card')
    await member.getByRole('button', { name: '收回（按住 1 秒）' }).press('Enter')
    await member.getByRole('button', { name: '再按一次收回' }).press('Enter')
  }
  await button(member, '厨余垃圾').click()
  await button(member, '完成').waitFor()
  await says(member, '已同步')
  if (door === '404') await shoot(member, 'quiz-answered')
  await button(member, '完成').click()
  await heading(member, '2栋 1梯')
}
await close(member)
await shoot(member, 'house')
await button(member, '403 未敲').click()
await shoot(member, 'door')
await knock(member, '403', '见到住户')
await shoot(member, 'door-met')
await close(member)
await button(member, '501 勿扰').click()
await shoot(member, 'door-peace')
await close(member)
await button(member, '进不了楼').click()
await button(member, '门锁着').waitFor()
await shoot(member, 'no-entry')
await close(member)
await button(member, '加一扇门').click()
await shoot(member, 'add-door')
await close(member)
await button(member, '写备注').click()
await member.getByLabel('怎么进门').fill('门禁找保安，说是社区敲门的')
await shoot(member, 'note')
await member.getByRole('dialog').getByRole('button', { name: '保存' }).click()
await link(member, '返回').click()
await heading(member, '今晚敲门')
await says(member, '已同步')
await shoot(member, 'home')
await button(member, '4栋').click()
await button(member, '1601').waitFor()
await shoot(member, 'tower')
await button(member, '1603').click()
await shoot(member, 'tower-door')
await close(member)
await link(member, '返回').click()
await button(member, '练习敲门').click()
await heading(member, '练习楼')
await shoot(member, 'practice')
await tab(member, '查分类')
await shoot(member, 'look-up-empty')
await member.getByRole('searchbox', { name: '查一查' }).fill('ztg')
await heading(member, '猪筒骨')
await shoot(member, 'look-up')
await member.getByRole('searchbox', { name: '查一查' }).fill('电池')
await heading(member, '是哪一种')
await shoot(member, 'look-up-undecided')
await tab(member, '我的')
await shoot(member, 'mine')

// Offline, and refused: the officer is quicker with the same note.
await member.context().setOffline(true)
await tab(member, '敲门')
await button(member, '3栋 东梯').click()
const note = async (page: Page, text: string) => {
  await button(page, '写备注').click()
  await page.getByLabel('怎么进门').fill(text)
  await page.getByRole('dialog').getByRole('button', { name: '保存' }).click()
  await page.getByText(text).waitFor()
}
await note(member, '按 101 的门铃')
await member.locator('button[data-door]').first().click()
await button(member, '无人应门').click()
await button(member, '见到住户').click()
await close(member)
await shoot(member, 'house-offline')
await tab(officer, '敲门')
await shoot(officer, 'home-officer')
await button(officer, '打开任意楼梯').click()
await button(officer, '3栋 东梯').click()
await note(officer, '门口找保安登记')
await says(officer, '已同步')
await tab(member, '敲门')
await shoot(member, 'home-offline')
await link(member, '队列').click()
await heading(member, '待上传')
await shoot(member, 'queue-offline')
await link(member, '没有网络时转交').click()
await heading(member, '交给别人代传')
await shoot(member, 'hand-over')
await link(member, '回到队列').click()
await heading(member, '待上传')
await member.context().setOffline(false)
await says(member, '1 条需要处理')
await shoot(member, 'queue-refused')
await button(member, '修改').click()
await shoot(member, 'queue-mend')
await button(member, '用现在的').click()
await tab(member, '敲门')
await button(member, '结束今晚').click()
await heading(member, '结束今晚')
await member.getByLabel('一句话').fill('阿婆们问旧电池放哪里')
await shoot(member, 'evening')
await button(member, '提交').click()
await member.getByText('已提交，等社区盖章').first().waitFor()
await shoot(member, 'evening-done')
await tab(member, '服务')
await shoot(member, 'service')
await link(member, '微心愿').click()
await heading(member, '微心愿')
await button(member, '我来圆').click()
await member.getByText('我来办，到').waitFor()
await member.context().setOffline(true)
await button(member, '我来圆').click()
await member.getByText('已申请').waitFor()
await shoot(member, 'wishes')
await member.context().setOffline(false)
await link(member, '返回').click()
await link(member, '活动').click()
await button(member, '我参加').click()
await member.getByText('候补第 2 位').waitFor()
await shoot(member, 'activities')
await tab(member, '我的')
await member.getByRole('radio', { name: '特大' }).check()
await shoot(member, 'mine-huge')
await tab(member, '敲门')
await shoot(member, 'home-huge')
await button(member, '2栋 1梯').or(button(member, '继续 2栋 1梯')).first().click()
await button(member, '304 未敲').waitFor()
await shoot(member, 'house-huge')
await button(member, '304 未敲').click()
await shoot(member, 'door-huge')

await tab(officer, '敲门')
await button(officer, '打开任意楼梯').click()
await button(officer, '5栋').click()
await officer.locator('button[data-door]').first().waitFor()
await shoot(officer, 'corridor')
await tab(officer, '进度')
await officer.getByText(/^数据截至/).waitFor()
await shoot(officer, 'street')
await officer.getByRole('radio', { name: '表格' }).check()
await officer.getByRole('table').waitFor()
await shoot(officer, 'table')
await officer.getByRole('radio', { name: '街景' }).check()
await link(officer, '3栋 西梯').click()
await officer.locator('button[data-door]').first().waitFor()
await shoot(officer, 'stairwell')
await officer.locator('button[data-door]').first().click()
await shoot(officer, 'history')
await close(officer)
await tab(officer, '服务')
await link(officer, '微心愿').click()
await button(officer, '发布一个微心愿').click()
await officer.getByText('请写心愿是什么').waitFor()
await shoot(officer, 'wishes-office')
await link(officer, '返回').click()
await link(officer, '活动').click()
await button(officer, '修改').click()
await button(officer, '不改了').waitFor()
await shoot(officer, 'activities-office')
await tab(officer, '管理')
await heading(officer, '管理')
await shoot(officer, 'manage')
await manage(officer, '队员和队伍', '队伍和队员')
await shoot(officer, 'teams')
await manage(officer, '轮次', '轮次')
await shoot(officer, 'rounds')
await manage(officer, '派楼梯', '派楼梯')
await officer.getByRole('checkbox', { name: /^1栋 A梯/ }).check()
await officer.getByLabel('派给哪支队').selectOption('第二服务队')
await shoot(officer, 'assign')
await manage(officer, '邀请队员', '邀请队员')
await button(officer, '做邀请').click()
await officer.getByText('做好 1 个邀请').waitFor()
await shoot(officer, 'invites')
const invitation = (await officer.locator('[data-invite-link]').innerText()).trim()
await manage(officer, '待裁定', '待裁定')
await shoot(officer, 'holds-empty')
await manage(officer, '导入门户', '导入门户')
await officer.getByLabel('选择台账文件').setInputFiles(messy)
await officer.getByText(/^有 \d+ 个问题/).waitFor()
await shoot(officer, 'import')

const guest = await open('guest', demo.url)
await heading(guest, '敲门')
await shoot(guest, 'welcome')
await guest.goto(invitation)
await heading(guest, '加入社区')
await guest.getByLabel('我的称呼').fill('新来的')
await shoot(guest, 'join')
await button(guest, '加入').click()
await heading(guest, '请队长核对')
await shoot(guest, 'pending')
await manage(officer, '邀请队员', '邀请队员')
await officer.getByLabel('六位确认码').waitFor({ timeout: 60_000 })
await shoot(officer, 'invites-pending')

const first = await open('first', fresh.setUpLink!)
await first.getByLabel('社区名称').fill('石榴桥社区')
await first.getByLabel('我的称呼').fill('专员甲')
await shoot(first, 'enter')
await button(first, '进入').click()
await says(first, '已同步')
await shoot(first, 'home-empty')
await tab(first, '进度')
await shoot(first, 'street-empty')
await tab(first, '管理')
await shoot(first, 'manage-empty')
await tab(first, '服务')
await shoot(first, 'service-empty')

for (const context of contexts) await context.close()
await Promise.all([demo.stop(), fresh.stop()])
rmSync(folder, { recursive: true, force: true })
