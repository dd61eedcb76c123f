import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import BigButton from '../../src/ui/BigButton.vue'
import BinTag from '../../src/ui/BinTag.vue'
import ChipRow from '../../src/ui/ChipRow.vue'
import FormField from '../../src/ui/FormField.vue'
import MiniFacade from '../../src/ui/MiniFacade.vue'
import OutcomeGrid from '../../src/ui/OutcomeGrid.vue'
import PageFrame from '../../src/ui/PageFrame.vue'
import ProgressBar from '../../src/ui/ProgressBar.vue'
import SegmentedChoice from '../../src/ui/SegmentedChoice.vue'
import StandingLine from '../../src/ui/StandingLine.vue'
import StatusLine from '../../src/ui/StatusLine.vue'
import StreetCards from '../../src/ui/StreetCards.vue'
import TabBar from '../../src/ui/TabBar.vue'
import TapButton from '../../src/ui/TapButton.vue'

const flat = (text: string): string => text.replace(/\s+/g, ' ').trim()

describe('the outcomes of a door', () => {
  const items = [
    { id: 'notHome', label: '无人应门', hint: '到下一户 402', weight: 'night' },
    { id: 'met', label: '见到住户', weight: 'lamp' },
    { id: 'brief', label: '只说几句', weight: 'plain' },
    { id: 'quiz', label: '问一题', weight: 'lamp' },
    { id: 'vacant', label: '看似空置', weight: 'chip' },
  ] as const
  const order = (hand: 'left' | 'right'): string[] =>
    mount(OutcomeGrid, { props: { items, name: '结果', hand } })
      .findAll('button')
      .map((button) => button.attributes('data-outcome') ?? '')

  it('put the most frequent one at the bottom on the side of the thumb', () => {
    expect(order('right')).toEqual(['quiz', 'brief', 'met', 'notHome', 'vacant'])
    expect(order('left')).toEqual(['brief', 'quiz', 'notHome', 'met', 'vacant'])
  })

  it('begin with their word and hand on what was picked', async () => {
    const grid = mount(OutcomeGrid, { props: { items, name: '结果' } })
    const button = grid.get('[data-outcome="notHome"]')
    expect(flat(button.get('.label').text())).toBe('无人应门')
    expect(flat(button.get('.hint').text())).toBe('到下一户 402')
    await button.trigger('click')
    expect(grid.emitted('pick')).toEqual([['notHome']])
  })
})

describe('the lines that stay', () => {
  it('the state of sync is a status region that opens the queue', async () => {
    const line = mount(StatusLine, { props: { tone: 'waiting' }, slots: { default: '离线，3 条待上传' } })
    expect(line.attributes('role')).toBe('status')
    expect(flat(line.text())).toBe('离线，3 条待上传')
    await line.get('button').trigger('click')
    expect(line.emitted('open')).toHaveLength(1)
  })

  it('the last door offers its undo', async () => {
    const line = mount(StandingLine, { props: { text: '上一户 601 无人', action: '撤销' } })
    await line.get('button').trigger('click')
    expect(line.emitted('act')).toHaveLength(1)
    expect(line.get('button').text()).toBe('撤销')
  })
})

describe('ways on', () => {
  const tabs = [
    { to: '/', label: '敲门', icon: 'knock' },
    { to: '/lookup', label: '查分类', icon: 'search' },
  ] as const

  it('tabs are links that say where one is', async () => {
    const bar = mount(TabBar, { props: { items: tabs, current: '/', name: '主导航' } })
    const links = bar.findAll('a')
    expect(links.map((link) => [link.text(), link.attributes('href'), link.attributes('aria-current')])).toEqual([
      ['敲门', '/', 'page'],
      ['查分类', '/lookup', undefined],
    ])
    await links[1]!.trigger('click', { button: 0 })
    await links[1]!.trigger('click', { button: 0, ctrlKey: true })
    expect(bar.emitted('go')).toEqual([['/lookup']])
  })

  it('the big button’s name begins with what it does, whatever is painted above', () => {
    const button = mount(BigButton, {
      props: { title: '继续 3 栋 2 梯', above: '华兴苑', below: '12/48 户', value: 12, max: 48 },
    })
    expect(flat(button.text())).toBe('继续 3 栋 2 梯 12/48 户 华兴苑')
  })

  it('a button with an address is a link', () => {
    expect(mount(TapButton, { props: { href: '/x' }, slots: { default: '打开' } }).element.tagName).toBe('A')
    expect(mount(TapButton, { slots: { default: '保存' } }).attributes('type')).toBe('button')
  })

  it('a page has one title and one main landmark', () => {
    const page = mount(PageFrame, { props: { title: '今晚敲门', sub: '从上往下' } })
    expect(page.element.tagName).toBe('MAIN')
    expect(page.findAll('h1').map((title) => title.text())).toEqual(['今晚敲门'])
  })
})

describe('the street', () => {
  const card = {
    id: 's1',
    label: '3栋 2梯',
    figure: '12/48 · 12天前',
    rows: [
      ['lit', 'tried'],
      ['untouched', 'wall'],
    ],
    name: '3栋 2梯 12/48 · 12天前',
  } as const

  it('prints its figures and says them in the name', async () => {
    const street = mount(StreetCards, { props: { cards: [card], name: '华兴苑' } })
    const button = street.get('button')
    expect(button.attributes('aria-label')).toBe('3栋 2梯 12/48 · 12天前')
    expect(button.text()).toContain('12/48 · 12天前')
    await button.trigger('click')
    expect(street.emitted('open')).toEqual([['s1']])
  })

  it('draws a house as one picture, however many doors it has', () => {
    const rows = Array.from({ length: 30 }, () => Array.from({ length: 20 }, () => 'lit' as const))
    const mini = mount(MiniFacade, { props: { rows, name: '4栋 1梯 600/600' } })
    expect(mini.attributes()).toMatchObject({ role: 'img', 'aria-label': '4栋 1梯 600/600' })
    expect(mini.element.querySelectorAll('*').length).toBeLessThan(10)
    expect(mini.get('.cell-lit').attributes('d')!.match(/M/g)).toHaveLength(600)
  })
})

describe('forms', () => {
  it('a field ties its label, hint and error to its control', () => {
    const field = mount(FormField, { props: { label: '查一查', kind: 'search', hint: '拼音也行', error: '太长' } })
    const input = field.get('input')
    expect(field.get('label').attributes('for')).toBe(input.attributes('id'))
    const described = input.attributes('aria-describedby')!.split(' ')
    expect(described.map((id) => field.get(`[id="${id}"]`).text())).toEqual(['拼音也行', '太长'])
    expect(input.attributes('aria-invalid')).toBe('true')
  })

  it('chips say whether they are pressed, one or many', async () => {
    const chips = [
      { id: 'a', label: '单张' },
      { id: 'b', label: '桶', count: 2 },
    ]
    const one = mount(ChipRow, { props: { chips, name: '材料', modelValue: 'a' } })
    await one.findAll('button')[1]!.trigger('click')
    expect(one.emitted('update:modelValue')).toEqual([['b']])
    expect(one.findAll('button').map((chip) => chip.attributes('aria-pressed'))).toEqual(['false', 'true'])
    const many = mount(ChipRow, { props: { chips, name: '材料', multi: true, modelValue: ['a'] } })
    await many.findAll('button')[1]!.trigger('click')
    expect(many.emitted('update:modelValue')).toEqual([[['a', 'b']]])
  })

  it('a choice is a group of radio buttons under its label', async () => {
    const update = vi.fn()
    const choices = [
      { id: 'left', label: '左手' },
      { id: 'right', label: '右手' },
    ]
    const choice = mount(SegmentedChoice, {
      props: { choices, label: '惯用手', modelValue: 'left', 'onUpdate:modelValue': update },
    })
    expect(choice.get('legend').text()).toBe('惯用手')
    await choice.findAll('input')[1]!.setValue()
    expect(update).toHaveBeenCalledWith('right')
  })

  it('long work shows its figures', () => {
    const bar = mount(ProgressBar, { props: { label: '下载', value: 120, max: 416 } })
    expect(flat(bar.text())).toBe('下载120 / 416')
    expect(bar.get('[role="progressbar"]').attributes()).toMatchObject({
      'aria-valuenow': '120',
      'aria-valuetext': '120 / 416',
    })
  })

  it.each(['kitchen', 'recyclable', 'hazardous', 'residual'] as const)('the bin %s has a shape and a word', (bin) => {
    const tag = mount(BinTag, { props: { bin, label: '垃圾' } })
    expect(tag.text()).toBe('垃圾')
    expect(tag.findAll('path')).toHaveLength(1)
  })
})
