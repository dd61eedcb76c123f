import { onMounted, onScopeDispose, readonly, ref, type Ref } from 'vue'

/** What the screen offers a façade: the feature hands it to `planFacade`. */
export interface Room {
  /** For the windows alone, beside the floor rail, px. */
  widthPx: number
  /** Root text size by 16 px. */
  textScale: number
}

const RAIL_PX = 36
const PADDING_PX = 8
/** On a phone the façade reaches this far into the page's own margins on each side (Facade.css). */
const BLEED_PX = 10
const WIDE_PX = 768

/**
 * Measures the element in which a façade stands, now and whenever it or the text changes size.
 *
 * @param place the façade's parent element
 */
export function useRoom(place: Ref<HTMLElement | null>): Readonly<Ref<Room>> {
  const room = ref<Room>({ widthPx: 300, textScale: readTextScale() })
  const measure = (): void => {
    const width = place.value?.clientWidth ?? 0
    if (width === 0) return
    const bleedPx = innerWidth < WIDE_PX ? BLEED_PX * 2 : 0
    room.value = { widthPx: width + bleedPx - RAIL_PX - PADDING_PX, textScale: readTextScale() }
  }
  const observers: { disconnect: () => void }[] = []
  onMounted(() => {
    measure()
    if (typeof ResizeObserver === 'function' && place.value) {
      const sizes = new ResizeObserver(measure)
      sizes.observe(place.value)
      observers.push(sizes)
    }
    const texts = new MutationObserver(measure)
    texts.observe(document.documentElement, { attributes: true, attributeFilter: ['data-text', 'style', 'class'] })
    observers.push(texts)
  })
  onScopeDispose(() => observers.forEach((observer) => observer.disconnect()))
  return readonly(room)
}

function readTextScale(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1
}
