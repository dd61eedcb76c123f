import { mount } from '@vue/test-utils'
import { expect, test, vi } from 'vitest'
import PickFile from '../../src/ui/PickFile.vue'

const words = { label: '选择台账文件', hint: 'Excel 或 CSV', accept: '.csv', dropHint: '也可以把文件拖到这里' }
const file = new File(['门牌'], 'ledger.csv')

function choose(place: ReturnType<typeof mount>): Promise<void> {
  const field = place.get<HTMLInputElement>('input[type=file]')
  Object.defineProperty(field.element, 'files', { value: [file], configurable: true })
  return field.trigger('change')
}

test('the button carries the words and opens the field, which has the same name', async () => {
  const place = mount(PickFile, { props: words })
  const field = place.get<HTMLInputElement>('input[type=file]')
  expect(place.get('button').text()).toBe(words.label)
  expect(field.attributes()).toMatchObject({ 'aria-label': words.label, accept: '.csv' })
  const opened = vi.spyOn(field.element, 'click')
  await place.get('button').trigger('click')
  expect(opened).toHaveBeenCalledOnce()
  const hint = place.get(`[id="${place.get('button').attributes('aria-describedby')}"]`)
  expect(hint.text()).toBe(words.hint)
})

test('the same file chosen again is handed on again', async () => {
  const place = mount(PickFile, { props: words })
  await choose(place)
  await choose(place)
  expect(place.emitted('pick')).toEqual([[file], [file]])
})

test('a file may be dropped; something else that is dropped is nothing', async () => {
  const place = mount(PickFile, { props: words })
  await place.get('.place').trigger('dragover')
  expect(place.get('.place').classes()).toContain('is-over')
  await place.get('.place').trigger('drop', { dataTransfer: { files: [file] } })
  await place.get('.place').trigger('drop', { dataTransfer: { files: [] } })
  expect(place.emitted('pick')).toEqual([[file]])
  expect(place.get('.place').classes()).not.toContain('is-over')
})
