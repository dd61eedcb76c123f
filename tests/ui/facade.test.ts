import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import Facade from '../../src/ui/Facade.vue'
import type { FacadePlan, WindowState } from '../../src/ui/facade.ts'
import { aPlan, aPlanFloor, aWindow, words } from './someFacade.ts'

const mountFacade = (plan: FacadePlan, own: Record<string, unknown> = {}) =>
  mount(Facade, { props: { plan, words, name: '3栋 2梯', ...own }, attachTo: document.body })
const names = (facade: ReturnType<typeof mountFacade>): string[] =>
  facade.findAll('button[data-door]').map((button) => button.attributes('aria-label') ?? '')

describe('a window', () => {
  it.each(Object.entries(words.states))('in state %s is a button that says its label and %s', (state, word) => {
    const facade = mountFacade(aPlan('house', [aPlanFloor(3, [aWindow('301', { state: state as WindowState })])]))
    const button = facade.get('button[data-door="door-301"]')
    expect(button.attributes('aria-label')).toBe(`301 ${word}`)
    expect(button.text().replace(/\s+/g, ' ')).toBe(`301 ${word}`)
    expect(button.classes()).toContain(`is-${state}`)
  })

  it('that is to be confirmed says so after its state', () => {
    const facade = mountFacade(aPlan('house', [aPlanFloor(3, [aWindow('301', { toConfirm: true })])]))
    expect(names(facade)).toEqual(['301 未敲 待核实'])
  })

  it('hands on its door when it is tapped', async () => {
    const facade = mountFacade(aPlan('house', [aPlanFloor(3, [aWindow('301'), aWindow('302')])]))
    await facade.get('button[data-door="door-302"]').trigger('click')
    expect(facade.emitted('door')).toEqual([['door-302']])
  })

  it('lights up when its resident is met, and only then', async () => {
    const before = aPlan('house', [aPlanFloor(3, [aWindow('301'), aWindow('302', { state: 'met' })])])
    const facade = mountFacade(before)
    expect(facade.findAll('.is-lighting')).toHaveLength(0)
    const floor = aPlanFloor(3, [aWindow('301', { state: 'met' }), aWindow('302', { state: 'quizzed' })])
    await facade.setProps({ plan: aPlan('house', [floor]) })
    expect(names(facade)).toEqual(['301 见到', '302 问答'])
    const lighting = () => facade.findAll('.is-lighting').map((button) => button.attributes('data-door'))
    await vi.waitFor(() => expect(lighting()).toEqual(['door-301']))
    await facade.get('.is-lighting').trigger('animationend')
    expect(facade.findAll('.is-lighting')).toHaveLength(0)
  })

  it('steps back, still readable, when the filter is for other states', async () => {
    const facade = mountFacade(aPlan('house', [aPlanFloor(3, [aWindow('301'), aWindow('302', { state: 'notHome' })])]))
    await facade.setProps({ shown: new Set(['untouched']) })
    expect(facade.findAll('.is-back').map((button) => button.attributes('aria-label'))).toEqual(['302 无人'])
  })

  it('says which door is open', async () => {
    const facade = mountFacade(aPlan('house', [aPlanFloor(3, [aWindow('301'), aWindow('302')])]))
    await facade.setProps({ hereId: 'door-302' })
    expect(facade.findAll('[aria-current]').map((button) => button.attributes('data-door'))).toEqual(['door-302'])
  })
})

describe('the shapes', () => {
  const floors = [
    aPlanFloor(3, [aWindow('301'), aWindow('302', { state: 'met' })]),
    aPlanFloor(2, [aWindow('201'), aWindow('202')]),
  ]

  it('a house shows every floor, with shops as an awning and an open floor as pillars', () => {
    const shops = [aWindow('01铺'), aWindow('06铺')]
    const foot = [aPlanFloor(1, [], { pillars: true, label: '架空层' }), aPlanFloor(0, [], { shops, label: '首层' })]
    const facade = mountFacade(aPlan('house', [...floors, ...foot]))
    expect(names(facade)).toEqual(['301 未敲', '302 见到', '201 未敲', '202 未敲'])
    expect(facade.get('.awning').text()).toBe('首层 · 01铺–06铺')
    expect(facade.get('.pillars').text()).toBe('架空层')
    expect(facade.attributes('aria-label')).toBe('3栋 2梯')
  })

  it.each(['tower', 'corridor'] as const)('a %s opens one floor and shows the others as strips', async (shape) => {
    const facade = mountFacade(aPlan(shape, floors))
    const strips = facade.findAll('button.strip')
    expect(strips.map((strip) => strip.text().replace(/\s+/g, ' '))).toEqual(['3 楼 1/2', '2 楼 0/2'])
    expect(strips.map((strip) => strip.attributes('aria-expanded'))).toEqual(['true', 'false'])
    expect(names(facade)).toEqual(['301 未敲', '302 见到'])
    await strips[1]!.trigger('click')
    expect(facade.emitted('update:openLevel')).toEqual([[2]])
    expect(names(facade)).toEqual(['201 未敲', '202 未敲'])
  })

  it('a tower is walked along its spine with the arrow keys, past floors without doors', async () => {
    const facade = mountFacade(aPlan('tower', [floors[0]!, aPlanFloor(-5, [], { pillars: true }), floors[1]!]))
    const spine = facade.get('[role="slider"]')
    expect(spine.attributes()).toMatchObject({ 'aria-label': '楼层', 'aria-valuetext': '3 楼', 'aria-valuenow': '3' })
    await spine.trigger('keydown', { key: 'ArrowDown' })
    expect(facade.get('[role="slider"]').attributes()).toMatchObject({ 'aria-valuetext': '2 楼', 'aria-valuenow': '1' })
    await spine.trigger('keydown', { key: 'Home' })
    expect(names(facade)).toEqual(['201 未敲', '202 未敲'])
    await spine.trigger('keydown', { key: 'End' })
    expect(names(facade)).toEqual(['301 未敲', '302 见到'])
  })

  it('a list shows every floor under its name and figures', () => {
    const facade = mountFacade(aPlan('list', floors, 1))
    expect(facade.findAll('.line-head').map((head) => head.text().replace(/\s+/g, ' '))).toEqual([
      '3 楼 1/2',
      '2 楼 0/2',
    ])
    expect(names(facade)).toHaveLength(4)
  })

  it('a merged flat spans its columns, and a corridor has an aisle after its first side', () => {
    const floor = aPlanFloor(5, [aWindow('501·502'), aWindow('503')], { aisleAfterRow: 0 })
    const panes = [
      { window: floor.panes[0]!.window, row: 0, column: 0, span: 2 },
      { window: floor.panes[1]!.window, row: 1, column: 0, span: 1 },
    ]
    const facade = mountFacade(aPlan('house', [{ ...floor, panes }]))
    const areas = facade.findAll<HTMLElement>('button[data-door]').map((button) => button.element.style.gridArea)
    expect(areas).toEqual(['1 / 1 / auto / span 2', '3 / 1 / auto / span 1'])
    expect(facade.get<HTMLElement>('.aisle').element.style.gridRow).toBe('2')
  })
})
