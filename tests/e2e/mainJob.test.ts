import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { killBrowser } from '../harness/browserProcess.ts'
import { startServer, type ServerProcess } from '../harness/startServer.ts'
import { waitUntil } from '../harness/waitUntil.ts'
import { openStage } from './stage.ts'
import {
  act,
  closeSheet,
  expectNoComplaints,
  expectSynced,
  knock,
  sees,
  syncState,
  tab,
  windows,
  windowState,
  type Person,
} from './steps.ts'

/**
 * The main job, end to end: an officer sets a community up, members walk a stairwell without signal, a battery dies, and
 * the leader's façade shows exactly what happened. Real Chromium, production build, real server; one story in order.
 */
const stage = openStage('main-job')
const roster = path.resolve(import.meta.dirname, '../fixtures/roster/roster-sample.csv')
let server: ServerProcess
let officer: Person
let leader: Person
let member: Person
let second: Person
let invites: string[] = []

const HOUSE = '2栋 1梯'
/** Opens the stairwell from home, past whatever was worked on last. */
async function openHouse(person: Person): Promise<void> {
  await tab(person.page, '敲门')
  const big = act(person.page, `开始 ${HOUSE}`)
    .or(act(person.page, `继续 ${HOUSE}`))
    .or(act(person.page, HOUSE))
  await big.first().click()
  await person.page.getByRole('heading', { name: HOUSE, level: 1 }).waitFor()
}

beforeAll(async () => {
  server = await stage.serve(startServer())
})

describe('the main job', () => {
  test('(a) an officer sets up, imports the roster, makes a team and a round, hands out, invites', async () => {
    officer = await stage.turnOn('officer', { width: 1280, height: 800 })
    const { page } = officer
    await page.goto(server.setUpLink!)
    await page.getByLabel('社区名称').fill('石榴桥社区')
    await page.getByLabel('我的称呼').fill('专员甲')
    await act(page, '进入').click()
    await expectSynced(page)
    await tab(page, '管理')

    await act(page, '导入门户').click()
    await page.getByLabel('选择台账文件').setInputFiles(roster)
    await act(page, '导入 416 户').click()
    await sees(page, '已导入 18 个楼梯，416 户')

    await act(page, '下一步：建队伍').click()
    await page.getByLabel('新队伍的名字').fill('第一服务队')
    await act(page, '建队伍').click()
    await page.getByRole('heading', { name: '第一服务队' }).waitFor()

    await page.goto(`${server.url}/manage/rounds`)
    await act(page, '开这一轮').click()
    await sees(page, '进行中')

    await page.goto(`${server.url}/manage/assign`)
    await page.getByRole('checkbox', { name: /^勾选/ }).first().check()
    await act(page, '派出 18 个楼梯').click()
    await sees(page, '18 个楼梯已派给第一服务队')

    await page.goto(`${server.url}/manage/invites`)
    await page.getByRole('radio', { name: '队长', exact: true }).check({ force: true })
    await act(page, '做邀请').click()
    await waitUntil(async () => (await page.locator('[data-invite-link]').count()) === 1)
    const [forLeader] = await page.locator('[data-invite-link]').allTextContents()
    await page.getByRole('radio', { name: '队员', exact: true }).check({ force: true })
    await page.getByLabel('几个人').fill('2')
    await act(page, '做邀请').click()
    await waitUntil(async () => (await page.locator('[data-invite-link]').count()) === 3)
    const links = await page.locator('[data-invite-link]').allTextContents()
    invites = [forLeader!, ...links.filter((link) => link !== forLeader)].map((link) => link.trim())
    expect(new Set(invites).size).toBe(3)
    await expectSynced(page)
    await expectNoComplaints()
  })

  /** Joins by a link in a profile of its own, and is confirmed by the six digits on the phone's screen. */
  async function join(name: string, link: string): Promise<Person> {
    const person = await stage.turnOn(name)
    await person.page.goto(link)
    await person.page.getByLabel('我的称呼').fill(name)
    await act(person.page, '加入').click()
    await sees(person.page, '请队长核对')
    const digits = (await person.page.locator('main').innerText()).replace(/\s/g, '').match(/\d{6}/)![0]
    const desk = officer.page
    await desk.goto(`${server.url}/manage/invites`)
    const row = desk.locator('[data-device]').filter({ hasText: name })
    await row.getByLabel('六位确认码').fill('000000' === digits ? '000001' : '000000')
    await row.getByRole('button', { name: `确认 ${name}` }).click()
    expect(await syncState(person.page)).not.toBe('已同步')
    await row.getByLabel('六位确认码').fill(digits)
    await row.getByRole('button', { name: `确认 ${name}` }).click()
    await person.page.getByRole('heading', { name: '今晚敲门' }).waitFor({ timeout: 30_000 })
    await expectSynced(person.page)
    return person
  }

  test('(b) members join and are confirmed; a used invitation is dead', async () => {
    leader = await join('队长乙', invites[0]!)
    member = await join('队员丙', invites[1]!)
    second = await join('队员丁', invites[2]!)
    const late = await stage.turnOn('late')
    await late.page.goto(invites[1]!)
    await late.page.getByLabel('我的称呼').fill('迟到')
    await act(late.page, '加入').click()
    await late.page.getByRole('alert').first().waitFor()
    await late.context.close()
  })

  const expected: Record<string, string> = {}

  test('(b) offline after a cold start, a member records twenty doors, three quizzes, an undo and a whole floor', async () => {
    await openHouse(member)
    await waitUntil(() => member.page.evaluate(() => navigator.serviceWorker.controller !== null))
    await member.context.close()
    member = await stage.turnOn(member.profile, { offline: true })
    await member.page.goto(server.url)
    await openHouse(member)
    const { page } = member
    const outcomes: [string, string, string][] = [
      ['801', '见到住户', '见到'],
      ['802', '只说几句', '几句'],
      ['803', '大人不在', '再来'],
      ['804', '约好再来', '再来'],
      ['701', '无人应门', '无人'],
      ['702', '这次不便', '不便'],
      ['703', '请勿打扰', '勿扰'],
      ['704', '看似空置', '空置'],
      ['601', '非住宅', '非住'],
      ['602', '查无此门', '查无'],
      ['603', '见到住户', '见到'],
      ['604', '无人应门', '无人'],
      ['501', '见到住户', '见到'],
      ['502', '无人应门', '无人'],
    ]
    for (const [label, outcome, shows] of outcomes) {
      await knock(page, label, outcome, shows)
      expected[label] = shows
    }
    // An undo: the window is dark again, and the door is knocked for good afterwards.
    await knock(page, '503', '这次不便', '不便')
    await page.getByRole('button', { name: '撤销', exact: true }).first().click()
    await waitUntil(async () => (await windowState(page, '503')) === '未敲', { what: 'the undo' })
    await knock(page, '503', '只说几句', '几句')
    expected['503'] = '几句'
    for (const label of ['301', '302', '303']) {
      await page
        .locator('button[data-door]')
        .filter({ hasText: new RegExp(`^\\s*${label}`) })
        .first()
        .click()
      await page.getByRole('dialog').getByRole('heading', { name: label, exact: true }).waitFor()
      await act(page, '问一题').click()
      await page.getByRole('heading', { name: '问一题' }).waitFor()
      await page
        .getByRole('button', { name: /^(可回收物|厨余垃圾|有害垃圾|其他垃圾)/ })
        .first()
        .click()
      await act(page, '完成').click()
      await page.getByRole('heading', { name: HOUSE, level: 1 }).waitFor()
      await waitUntil(async () => (await windowState(page, label)) === '问答', { what: `${label} to be quizzed` })
      expected[label] = '问答'
    }
    // Whole floor: 504 is met first, the three others of the fifth floor are done, so only floor 4 is left whole.
    await knock(page, '401', '见到住户', '见到')
    expected['401'] = '见到'
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^本层其余无人/ })
      .click()
    for (const label of ['402', '403', '404']) {
      await waitUntil(async () => (await windowState(page, label)) === '无人', { what: `${label} of the floor` })
      expected[label] = '无人'
    }
    await closeSheet(page)
    expect(Object.keys(expected)).toHaveLength(22)
    expect(await windows(page)).toMatchObject(expected)
    expect(await syncState(page)).toMatch(/^离线，\d+ 条待上传$/)
  })

  test('(b) the browser is killed; after restart everything is there', async () => {
    const before = await syncState(member.page)
    await killBrowser(member.profile)
    member = await stage.turnOn(member.profile, { offline: true })
    await member.page.goto(server.url)
    await openHouse(member)
    await waitUntil(async () => (await windowState(member.page, '801')) === '见到')
    expect(await windows(member.page)).toMatchObject(expected)
    expect(await syncState(member.page)).toBe(before)
  })

  test('(d) a second member visits two of the same doors offline', async () => {
    await openHouse(second)
    await second.context.setOffline(true)
    await knock(second.page, '801', '无人应门', '无人')
    await closeSheet(second.page)
    await knock(second.page, '502', '见到住户', '见到')
    await closeSheet(second.page)
    // The best contact of both phones counts; neither visit is lost.
    expected['502'] = '见到'
  })

  test('(e) two access notes from one base, both written offline', async () => {
    const write = async (person: Person, note: string) => {
      await act(person.page, '写备注').click()
      await person.page.getByLabel('怎么进门').fill(note)
      await person.page.getByRole('dialog').getByRole('button', { name: '保存', exact: true }).click()
      await sees(person.page, note)
    }
    await closeSheet(member.page)
    await write(member, '门口找保安登记')
    await write(second, '按 101 的门铃')
  })

  test('(c) online again, 已同步 appears and the leader’s façade shows exactly those doors lit', async () => {
    await member.context.setOffline(false)
    await member.page.evaluate(() => window.dispatchEvent(new Event('online')))
    await expectSynced(member.page)
    await tab(leader.page, '进度')
    await waitUntil(async () => /数据截至/.test(await leader.page.locator('main').innerText()))
    await act(leader.page, HOUSE).click()
    await leader.page.getByRole('heading', { level: 1 }).first().waitFor()
    const mine = { ...expected, '502': '无人' }
    await waitUntil(
      async () => {
        const shown = await windows(leader.page)
        return Object.entries(mine).every(([label, state]) => shown[label] === state)
      },
      { withinMs: 90_000, what: 'the leader to see every door' },
    )
    const others = Object.entries(await windows(leader.page)).filter(([label]) => !(label in mine))
    expect(others.every(([, state]) => state === '未敲')).toBe(true)
    expect(await leader.page.locator('main').innerText()).toMatch(/数据截至/)
  })

  test('(d) the second phone comes online: all phones converge and no visit is lost', async () => {
    await second.context.setOffline(false)
    await second.page.evaluate(() => window.dispatchEvent(new Event('online')))
    await waitUntil(async () => /需要处理/.test(await syncState(second.page)), {
      withinMs: 30_000,
      what: 'the refusal',
    })
    for (const person of [member, second, leader]) {
      await waitUntil(
        async () => {
          await person.page.evaluate(() => window.dispatchEvent(new Event('online')))
          const shown = await windows(person.page)
          return Object.entries(expected).every(([label, state]) => shown[label] === state)
        },
        { withinMs: 60_000, what: 'the phones to converge' },
      )
    }
  })

  test('(e) the stale note is refused, shows its reason, and is mended while the rest went through', async () => {
    const { page } = second
    expect(await syncState(page)).toBe('1 条需要处理')
    await page.goto(`${server.url}/queue`)
    await page.getByRole('heading', { name: '需要处理' }).waitFor()
    expect(await page.locator('main').innerText()).toContain('按 101 的门铃')
    await act(page, '修改').click()
    await sees(page, '门口找保安登记')
    await page.getByRole('textbox', { name: '进门备注' }).fill('门口找保安登记，或按 101 的门铃')
    await act(page, '保存修改').click()
    await expectSynced(page)
    await openHouse(member)
    await waitUntil(
      async () => {
        await member.page.evaluate(() => window.dispatchEvent(new Event('online')))
        return (await member.page.locator('main').innerText()).includes('或按 101 的门铃')
      },
      { withinMs: 60_000, what: 'the mended note' },
    )
  })

  test('(f) the evening’s record and summary are right to the door', async () => {
    const { page } = member
    await page.goto(`${server.url}/evening`)
    await page.getByRole('heading', { name: '结束今晚' }).waitFor()
    const figures = (await page.locator('dl').first().innerText()).replace(/\s+/g, ' ')
    // 22 doors: 801 603 501 401 met and 301–303 met with a quiz; 802 503 a few words; 803 804 again;
    // 701 604 502 402–404 nobody; 702 not now; 703 asked for peace; 704 601 602 no home.
    const outcomes = { 见到: 7, 几句: 2, 再来: 2, 无人: 6, 不便: 1, 勿扰: 1, 空置等: 3 }
    for (const [what, count] of Object.entries({ 敲了: 22, ...outcomes, 问答: 3 })) {
      expect(figures).toContain(`${what} ${count} 户`)
    }
    expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(22)
    await page.getByLabel('一句话（可不写）').fill('大家都很热情')
    await act(page, '提交').click()
    await sees(page, '已提交，等社区盖章')
    await expectSynced(page)
    await tab(page, '服务')
    await page.getByRole('heading', { name: '服务', level: 1 }).waitFor()
    await sees(page, '大家都很热情')
    const record = (await page.locator('main').innerText()).replace(/\s+/g, ' ')
    expect(record).toContain('大家都很热情')
    expect(record).toMatch(/22/)
    await expectNoComplaints()
  })
})
