import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright'
import { beforeAll, describe, expect, test } from 'vitest'
import { accessFaultsInEveryLook } from '../harness/accessFaults.ts'
import { layoutFaults } from '../harness/layoutFaults.ts'
import { startDemo, type DemoProcess } from '../harness/startDemo.ts'
import { startServer, type ServerProcess } from '../harness/startServer.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openStage } from './stage.ts'
import {
  act,
  closeSheet,
  complaints,
  delivers,
  expectSynced,
  knock,
  sees,
  syncState,
  tab,
  type Person,
} from './steps.ts'

/**
 * Every screen in its important states, on a phone of 360 × 740: no fault by axe in light and dark, at 100 % and at 200 %
 * text; no sideways scrolling; every target large enough for a thumb; a visible label on every field, a title on every
 * dialog; nothing against the content security policy and no error on the console.
 */
const stage = openStage('access')
const messy = path.resolve(import.meta.dirname, '../fixtures/roster/roster-messy-gb18030.csv')
/** A row of shops without a home: handed out for this test alone, and taken back again. */
const SHOPS = '华兴路21号'
let demo: DemoProcess
let fresh: ServerProcess
let guest: Person
let member: Person
let officer: Person

async function open(name: string, url: string): Promise<Person> {
  const person = await stage.turnOn(name)
  // A sheet on its way up is half transparent, which is nobody's contrast.
  await person.page.emulateMedia({ reducedMotion: 'reduce' })
  await person.page.addInitScript(() =>
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      console.error(`against the policy: ${violatedDirective} ${blockedURI}`),
    ),
  )
  await person.page.goto(url)
  return person
}

const found: string[] = []
const seen: string[] = []

/** Looks at the page as it stands now; faults gather until the test ends, so that one run tells them all. */
async function look(page: Page, state: string): Promise<void> {
  seen.push(state)
  for (const fault of await layoutFaults(page)) found.push(`${state}: ${fault}`)
  for (const fault of await accessFaultsInEveryLook(page)) found.push(`${state}: ${fault}`)
}

function expectNoFaults(): void {
  expect([...found.splice(0), ...complaints.splice(0)]).toEqual([])
}

/** Everything that this phone has stored, as text. */
const storedHere = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error ?? new Error('not read'))
      })
    const rows: unknown[] = []
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name!))
      for (const store of database.objectStoreNames)
        rows.push(await done(database.transaction(store).objectStore(store).getAll()))
      database.close()
    }
    return JSON.stringify(rows)
  })

/** The next saves fail as they do on a phone without room. */
const refuseSaves = (page: Page, times: number): Promise<void> =>
  page.evaluate((most) => {
    const { add } = IDBObjectStore.prototype
    let left = most
    IDBObjectStore.prototype.add = function (...args) {
      if (this.name !== 'outbox') return add.apply(this, args)
      if (--left <= 0) IDBObjectStore.prototype.add = add
      throw new DOMException('planted', 'QuotaExceededError')
    }
  }, times)

/** Backs a server up while it runs, ends it, restores the backup and starts it again on its port. */
async function restoreServer({ dataDir, url, stop }: ServerProcess): Promise<ServerProcess> {
  const qiaomen = path.resolve(import.meta.dirname, '../../sync-server/operator/qiaomen.ts')
  const backup = path.join(dataDir, 'backup')
  const run = (...words: string[]) => {
    const ran = spawnSync(process.execPath, [qiaomen, ...words], { env: { ...process.env, DATA_DIR: dataDir } })
    if (ran.status !== 0) throw new Error(`${words.join(' ')}: ${String(ran.stderr)}`)
  }
  run('backup', backup)
  await stop()
  run('restore', backup)
  return startServer(dataDir, { PORT: new URL(url).port })
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()
const dialog = (page: Page) => page.getByRole('dialog')

beforeAll(async () => {
  ;[demo, fresh] = await Promise.all([stage.serve(startDemo(stage.folder)), stage.serve(startServer())])
})

describe('every screen', () => {
  test('the look itself finds what is planted', async () => {
    const { page, context } = await open('planted', demo.url)
    await heading(page, '敲门')
    await page.evaluate(() => {
      const planted = document.createElement('div')
      const [button, input, wide, dialog] = ['button', 'input', 'p', 'dialog'].map((name) =>
        document.createElement(name),
      )
      button!.textContent = '小'
      button!.style.padding = '0'
      wide!.style.width = '30rem'
      wide!.style.color = 'rgb(240, 240, 240)'
      wide!.textContent = '看不清'
      dialog!.setAttribute('open', '')
      dialog!.textContent = '没有标题'
      planted.append(button!, input!, wide!, dialog!)
      document.querySelector('main')!.append(planted)
    })
    await look(page, 'planted')
    const faults = found.splice(0).join('\n')
    for (const fault of [
      '200%: scrolls sideways',
      '100%: scrolls sideways',
      'target',
      'no visible label',
      'dialog without a title',
    ]) {
      expect(faults).toContain(`planted: ${fault}`)
    }
    for (const fault of ['color-contrast', 'label']) expect(faults).toContain(`planted: light 100% ${fault}`)
    await context.close()
  })

  test('before joining: welcome, a cut link, in WeChat', async () => {
    guest = await open('guest', demo.url)
    const { page } = guest
    await heading(page, '敲门')
    await look(page, 'welcome')
    await act(page, '加入').click()
    await page.getByRole('alert').first().waitFor()
    await look(page, 'welcome, nothing filled in')
    await page.goto(`${demo.url}/enter`)
    await page.getByRole('alert').waitFor()
    await look(page, 'enter, link cut')
    const inside = await open('wechat', 'about:blank')
    await inside.page.addInitScript(() =>
      Object.defineProperty(navigator, 'userAgent', {
        get: () => 'Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0',
      }),
    )
    await inside.page.goto(`${demo.url}/join#0123456789`)
    await heading(inside.page, '请在浏览器打开')
    await look(inside.page, 'in WeChat')
    await inside.context.close()
    expectNoFaults()
  })

  test('an installation on its first day: everything empty', async () => {
    const { page, context } = await open('first', fresh.setUpLink!)
    await page.getByLabel('社区名称').fill('石榴桥社区')
    await look(page, 'enter, first officer')
    await page.getByLabel('我的称呼').fill('专员甲')
    await act(page, '进入').click()
    await expectSynced(page)
    await look(page, 'home, empty')
    for (const [name, state] of [
      ['服务', 'service, empty'],
      ['进度', 'street, empty'],
      ['管理', 'manage, five steps'],
    ] as const) {
      await tab(page, name)
      await heading(page, name)
      await look(page, state)
    }
    for (const [name, title] of [
      ['队员和队伍', '队伍和队员'],
      ['轮次', '轮次'],
      ['派楼梯', '派楼梯'],
      ['邀请队员', '邀请队员'],
      ['待裁定', '待裁定'],
    ] as const) {
      await page.getByRole('navigation', { name: '全部设置' }).getByRole('link', { name }).click()
      await heading(page, title)
      await look(page, `${title}, empty`)
      await page.getByRole('link', { name: '回到管理' }).click()
      await heading(page, '管理')
    }
    fresh = await stage.serve(restoreServer(fresh))
    await page.reload()
    await heading(page, /^数据已恢复到/)
    await look(page, 'manage, after a restore')
    await context.close()
    expectNoFaults()
  })

  test('a member: home, the house, its sheets and dialogs', async () => {
    member = await open('member', demo.signIn.member)
    const { page } = member
    await expectSynced(page)
    await look(page, 'home, nothing begun')
    await act(page, '选同伴').click()
    await dialog(page).waitFor()
    await look(page, 'home, partners')
    await closeSheet(page)
    await act(page, '开始 2栋 1梯').click()
    await heading(page, '2栋 1梯')
    await page.locator('button[data-door]').first().waitFor()
    await look(page, 'house')
    await page.getByText('拿法和走法').click()
    await look(page, 'house, settings open')
    await act(page, '写备注').click()
    await page.getByLabel('怎么进门').fill('门禁密码 1234#')
    await dialog(page).getByRole('button', { name: '保存' }).click()
    await dialog(page).getByRole('alert').waitFor()
    await look(page, 'house, note refused')
    await closeSheet(page)
    await act(page, '进不了楼').click()
    await dialog(page).waitFor()
    await look(page, 'house, no entry')
    await closeSheet(page)
    await act(page, '加一扇门').click()
    await dialog(page).getByRole('button', { name: '加上' }).click()
    await look(page, 'house, a door to add')
    await closeSheet(page)
    await act(page, '801 未敲').click()
    await heading(page, '801')
    await look(page, 'house, door sheet')
    await dialog(page).getByText('开场白').click()
    await look(page, 'house, door sheet with what to say')
    await act(page, '门牌变了').click()
    await dialog(page).filter({ hasText: '现在的门牌' }).waitFor()
    await look(page, 'house, a plate that changed')
    await dialog(page).last().getByRole('button', { name: '关闭' }).click()
    await closeSheet(page)
    expectNoFaults()
  })

  test('a member: after knocking, a door that asked for peace, the other shapes of house', async () => {
    const { page } = member
    await closeSheet(page)
    await knock(page, '801', '见到住户', '见到')
    await look(page, 'house, a door just met')
    await knock(page, '802', '请勿打扰', '勿扰')
    await closeSheet(page)
    for (const [door, outcome, window] of [
      ['803', '只说几句', '几句'],
      ['804', '约好再来', '再来'],
      ['701', '无人应门', '无人'],
      ['702', '这次不便', '不便'],
      ['703', '看似空置', '空置'],
      ['704', '非住宅', '非住'],
      ['601', '查无此门', '查无'],
    ] as const) {
      await knock(page, door, outcome, window)
    }
    await closeSheet(page)
    await look(page, 'house, every kind of window')
    await refuseSaves(page, 1)
    await knock(page, '602', '无人应门', '无人')
    await closeSheet(page)
    await sees(page, '手机快满了')
    await look(page, 'house, the last room was used')
    await act(page, '知道了').click()
    await page.locator('button[data-door]').filter({ hasText: '603' }).first().click()
    await refuseSaves(page, 3)
    await act(page, '无人应门').click()
    await dialog(page).getByRole('alert').waitFor()
    await look(page, 'house, a door sheet that could not be saved')
    await closeSheet(page)
    await act(page, '802 勿扰').click()
    await heading(page, '802')
    await look(page, 'house, a door that asked for peace')
    await closeSheet(page)
    await act(page, '返回').click()
    await heading(page, '今晚敲门')
    await look(page, 'home, under way')
    await act(page, '4栋').click()
    await heading(page, '4栋')
    await page.locator('button[data-door]').first().waitFor()
    await look(page, 'tower')
    await page.locator('button[data-door]').first().click()
    await dialog(page).waitFor()
    await look(page, 'tower, door sheet')
    await closeSheet(page)
    await act(page, '返回').click()
    await act(page, '练习敲门').click()
    await heading(page, '练习楼 1梯')
    await look(page, 'practice')
    await page.locator('button[data-door]').first().click()
    await dialog(page).waitFor()
    await look(page, 'practice, door sheet')
    await closeSheet(page)
    await act(page, '结束练习').click()
    expectNoFaults()
  })

  test('a member: a question, the card in the resident’s hand', async () => {
    const { page } = member
    await act(page, '继续 2栋 1梯').click()
    await act(page, '301 未敲').click()
    await heading(page, '301')
    await act(page, '问一题').click()
    await heading(page, '问一题')
    await page.getByRole('button', { name: /^厨余垃圾/ }).waitFor()
    await look(page, 'quiz')
    await act(page, '给住户看').click()
    await dialog(page).waitFor()
    await look(page, 'resident card')
    await dialog(page)
      .getByRole('button', { name: /^厨余垃圾/ })
      .click()
    await sees(page, '请把手机还给我们的队员')
    await look(page, 'resident card, answered')
    // A keyboard asks twice instead of holding for a second.
    await dialog(page).getByRole('button', { name: '收回（按住 1 秒）' }).press('Enter')
    await dialog(page).getByRole('button', { name: '再按一次收回' }).press('Enter')
    await act(page, '完成').waitFor()
    await look(page, 'quiz, judged')
    await act(page, '完成').click()
    await heading(page, '2栋 1梯')
    expectNoFaults()
  })

  test('a member: look-up, service, mine', async () => {
    const { page } = member
    await closeSheet(page)
    await tab(page, '查分类')
    await heading(page, '查分类')
    await look(page, 'look-up, empty')
    const box = page.getByRole('searchbox', { name: '查一查' })
    for (const [word, state] of [
      ['ztg', 'one answer'],
      ['电池', 'undecided'],
      ['沙发', 'special'],
      ['龘靐齉', 'nothing found'],
    ] as const) {
      await box.fill(word)
      await page.getByText(/^(找到 \d+ 项|没找到)/).waitFor()
      await look(page, `look-up, ${state}`)
    }
    await tab(page, '服务')
    await heading(page, '服务')
    await look(page, 'service, an evening open')
    await tab(page, '我的')
    await heading(page, '我的')
    await look(page, 'mine')
    await page.getByRole('radio', { name: '特大' }).check()
    await tab(page, '敲门')
    await act(page, '继续 2栋 1梯').click()
    await page.locator('button[data-door]').first().waitFor()
    await look(page, 'list by floor, at 特大')
    await tab(page, '我的')
    await page.getByRole('radio', { name: '标准' }).check()
    expectNoFaults()
  })

  test('an officer: the street, the table, a stairwell and a door’s history', async () => {
    officer = await open('officer', demo.signIn.officer)
    const { page } = officer
    await expectSynced(page)
    await look(page, 'home of an officer')
    await act(page, '打开任意楼梯').click()
    await heading(page, '全部楼梯')
    await look(page, 'home of an officer, all stairwells')
    await act(page, '5栋（后座）').click()
    await heading(page, '5栋（后座）')
    await page.locator('button[data-door]').first().waitFor()
    await look(page, 'corridor')
    await tab(page, '进度')
    await page.getByText(/^数据截至/).waitFor()
    await act(page, '已敲').click()
    await look(page, 'street')
    await act(page, '最久没去').click()
    await look(page, 'street, forgotten first')
    await act(page, '未派').click()
    await look(page, 'street, not handed out')
    await act(page, '本轮').click()
    await page.getByRole('radio', { name: '表格' }).check()
    await page.getByRole('table').waitFor()
    await look(page, 'table')
    await page.getByRole('radio', { name: '街景' }).check()
    await act(page, '3栋 西梯').click()
    await heading(page, '3栋 西梯')
    await page.locator('button[data-door]').first().waitFor()
    await look(page, 'stairwell of a leader')
    await page.locator('button[data-door]').first().click()
    await dialog(page).waitFor()
    await look(page, 'stairwell of a leader, door history')
    await closeSheet(page)
    expectNoFaults()
  })

  test('an officer erases a note that names somebody: it goes from the member’s phone, and stays gone', async () => {
    const note = '三楼张阿姨会开门'
    for (const { page } of [member, officer]) {
      await tab(page, '敲门')
      if (page === officer.page) await act(page, '打开任意楼梯').click()
      await act(page, '4栋').click()
      await heading(page, '4栋')
    }
    await act(member.page, '写备注').click()
    await member.page.getByLabel('怎么进门').fill(note)
    await delivers(member.page, () => dialog(member.page).getByRole('button', { name: '保存' }).click())
    expect(await storedHere(member.page)).toContain(note)

    const { page } = officer
    await sees(page, note)
    await act(page, '改备注').click()
    await look(page, 'house, note to change')
    await act(page, '抹去这条文字').click()
    await look(page, 'house, note to erase')
    await delivers(page, () => act(page, '抹去，不能撤销').click())
    await sees(member.page, '备注已抹去')
    await expectSynced(member.page)
    for (const phone of [member.page, page]) {
      expect(await phone.locator('body').innerText()).not.toContain(note)
      expect(await storedHere(phone)).not.toContain(note)
    }
    await look(member.page, 'house, note erased')
    // The journal outlives a restore: it says that something was erased here, and not what.
    const journal = readdirSync(stage.folder, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.endsWith('journal.ndjson'),
    )
    const kept = () => readFileSync(path.join(stage.folder, journal!), 'utf8')
    await waitUntil(() => kept().includes('"erasure"'), { what: 'the erasure in the journal' })
    expect(kept()).not.toContain(note)
    await act(member.page, '返回').click()
    expectNoFaults()
  })

  test('an officer: manage and its pages', async () => {
    const { page } = officer
    await tab(page, '管理')
    await heading(page, '管理')
    await look(page, 'manage')
    const page_ = async (name: string, title: string) => {
      await tab(page, '管理')
      await page.getByRole('navigation', { name: '全部设置' }).getByRole('link', { name }).click()
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
    }
    await page_('队员和队伍', '队伍和队员')
    await page
      .getByRole('button', { name: /^把.*改名$/ })
      .first()
      .click()
    await look(page, 'teams')
    await page.getByRole('button', { name: /^调整/ }).first().click()
    await dialog(page).waitFor()
    await act(page, '结束在本社区的服务').click()
    await look(page, 'teams, member sheet')
    await closeSheet(page)
    await page_('轮次', '轮次')
    await look(page, 'rounds')
    await page_('社区设置', '社区设置')
    await page.getByLabel('加一个日期').fill('2027-06-20')
    await act(page, '加上').click()
    await look(page, 'settings')
    await page_('导入门户', '导入门户')
    await look(page, 'import, nothing chosen')
    await page.getByLabel('选择台账文件').setInputFiles(messy)
    await page.getByText(/^有 \d+ 个问题/).waitFor()
    for (const summary of await page.locator('details > summary').all()) await summary.click()
    await page
      .getByRole('button', { name: /改成…$/ })
      .first()
      .click()
    await look(page, 'import, questions and preview')
    await page_('邀请队员', '邀请队员')
    await page.getByLabel('几个人').fill('2')
    await act(page, '做邀请').click()
    await page.getByText('做好 2 个邀请').waitFor()
    await look(page, 'invites, made')
    const link = await page.locator('[data-invite-link]').first().innerText()
    await guest.page.goto(link.trim())
    await heading(guest.page, '加入社区')
    await look(guest.page, 'join')
    await guest.page.getByLabel('我的称呼').fill('新来的')
    await act(guest.page, '加入').click()
    await sees(guest.page, '请队长核对')
    await look(guest.page, 'pending')
    await page.getByLabel('六位确认码').waitFor({ timeout: 60_000 })
    await look(page, 'invites, a phone waits')
    await page_('派楼梯', '派楼梯')
    await page.getByRole('checkbox', { name: /^华兴一巷5号/ }).check()
    await page.getByLabel('派给哪支队').selectOption({ index: 2 })
    await look(page, 'handing out, from one team to another')
    await act(page, '未派').click()
    await page.getByRole('checkbox', { name: /^勾选/ }).check()
    await page.getByLabel('派给哪支队').selectOption('第一服务队')
    await act(page, '派出 3 个楼梯').click()
    await sees(page, '3 个楼梯已派给第一服务队')
    await look(page, 'handing out, done')
    await expectSynced(page)
    expectNoFaults()
  })

  test('the queue: waiting, held, refused; the end of the evening', async () => {
    const { page, context } = member
    await tab(page, '敲门')
    await act(page, SHOPS).waitFor({ timeout: 60_000 })
    // What the member does not know yet: one stairwell is taken back, and another note is written.
    await context.setOffline(true)
    await tab(officer.page, '管理')
    await officer.page.getByRole('navigation', { name: '全部设置' }).getByRole('link', { name: '派楼梯' }).click()
    await officer.page.getByRole('checkbox', { name: new RegExp(`^${SHOPS} 没有住宅`) }).check()
    await delivers(officer.page, () => act(officer.page, '收回 1 个').click())
    await sees(officer.page, '1 个楼梯已收回')
    const write = async (where: Page, note: string) => {
      await act(where, '写备注').click()
      await where.getByLabel('怎么进门').fill(note)
      await dialog(where).getByRole('button', { name: '保存' }).click()
      await sees(where, note)
    }
    await act(page, SHOPS).click()
    await write(page, '铺面白天才开')
    await act(page, '返回').click()
    await act(page, '3栋 东梯').click()
    await write(page, '按 101 的门铃')
    await tab(officer.page, '敲门')
    await act(officer.page, '打开任意楼梯').click()
    await act(officer.page, '3栋 东梯').click()
    await delivers(officer.page, () => write(officer.page, '门口找保安登记'))
    await page.getByRole('link', { name: '队列' }).click()
    await heading(page, '待上传')
    await look(page, 'queue, offline')
    await context.setOffline(false)
    await waitUntil(async () => (await syncState(page)) === '1 条需要处理', { withinMs: 60_000, what: 'the refusal' })
    await heading(page, '等队长确认')
    await look(page, 'queue, refused and held')
    await act(page, '放弃').click()
    await dialog(page).waitFor()
    await look(page, 'queue, discard?')
    await closeSheet(page)
    await act(page, '修改').click()
    await dialog(page).waitFor()
    await look(page, 'queue, mending')
    await act(page, '用现在的，放弃我的').click()
    await tab(page, '敲门')
    await act(page, '结束今晚').click()
    await heading(page, '结束今晚')
    await look(page, 'evening')
    await act(page, '提交').click()
    await sees(page, '已提交，等社区盖章')
    await look(page, 'evening, submitted')
    await tab(page, '服务')
    await heading(page, '服务')
    await look(page, 'service')
    await page.getByRole('link', { name: '队列' }).click()
    await heading(page, '队列')
    await look(page, 'queue, nothing waits')
    await tab(officer.page, '管理')
    await officer.page.getByRole('navigation', { name: '全部设置' }).getByRole('link', { name: '待裁定' }).click()
    await act(officer.page, '算数').waitFor({ timeout: 60_000 })
    await look(officer.page, 'holds')
    expectNoFaults()
    expect(new Set(seen).size).toBe(seen.length)
  })
})
