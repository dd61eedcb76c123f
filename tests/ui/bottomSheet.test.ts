import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import BottomSheet from '../../src/ui/BottomSheet.vue'

enableAutoUnmount(afterEach)

function mountSheet(own: Record<string, unknown> = {}) {
  const open = ref(false)
  const Place = defineComponent({
    setup: () => () => [
      h('button', { id: 'door', onClick: () => (open.value = true) }, '401'),
      h(
        BottomSheet,
        { open: open.value, title: '401', closeLabel: '关闭', onClose: () => (open.value = false), ...own },
        { default: () => h('button', { id: 'inside' }, '见到住户') },
      ),
    ],
  })
  const place = mount(Place, { attachTo: document.body })
  return { place, open }
}

async function openByTap(place: ReturnType<typeof mountSheet>['place']): Promise<void> {
  place.get<HTMLElement>('#door').element.focus()
  await place.get('#door').trigger('click')
  await flushPromises()
}

describe.each([
  { story: 'a sheet', modal: true },
  { story: 'a sheet that leaves the rest alive', modal: false },
])('$story', ({ modal }) => {
  it('has a title, takes the focus and gives it back', async () => {
    const { place, open } = mountSheet({ modal })
    await openByTap(place)
    const dialog = place.get('dialog')
    const title = place.get(`[id="${dialog.attributes('aria-labelledby')}"]`)
    expect(title.text()).toBe('401')
    expect(document.activeElement).toBe(title.element)
    open.value = false
    await flushPromises()
    expect(place.find('#inside').exists()).toBe(false)
    expect(document.activeElement?.id).toBe('door')
  })

  it('closes on its button', async () => {
    const { place, open } = mountSheet({ modal })
    await openByTap(place)
    await place.get('[aria-label="关闭"]').trigger('click')
    expect(open.value).toBe(false)
  })

  it('gives the focus to whoever is named when its own element is gone', async () => {
    const { place, open } = mountSheet({ modal, returnFocus: () => document.getElementById('next') })
    const next = document.body.appendChild(document.createElement('button'))
    next.id = 'next'
    await openByTap(place)
    open.value = false
    await flushPromises()
    expect(document.activeElement?.id).toBe('next')
    next.remove()
  })
})

describe('Back and Escape', () => {
  it('Escape closes a sheet that leaves the rest alive', async () => {
    const { place, open } = mountSheet({ modal: false })
    await openByTap(place)
    await place.get('dialog').trigger('keydown', { key: 'Escape' })
    expect(open.value).toBe(false)
  })

  it('the browser’s own cancel is a wish to close, and the owner decides', async () => {
    const { place, open } = mountSheet()
    await openByTap(place)
    const cancel = new Event('cancel', { cancelable: true })
    place.get('dialog').element.dispatchEvent(cancel)
    expect(cancel.defaultPrevented).toBe(true)
    expect(open.value).toBe(false)
  })
})
