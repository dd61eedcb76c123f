import { computed, ref, shallowRef, type Ref } from 'vue'
import type { FacadeView, Window } from '../../domain/coverage/facadeView.ts'
import { nextDoor, waitingOnFloor, type Walk } from '../../domain/coverage/walk.ts'
import { shareOutcome, type Outcome } from '../../domain/outcome.ts'
import { visitMessages } from '../../messages/visits.ts'
import type { Deed, Kept } from './deed.ts'
import { staysAtDoor, type DoorAction } from './outcomeItems.ts'

/** Where knocks go: the phone's database, or for practice nowhere. */
export interface KnockBook {
  record(window: Window, outcome: Outcome): Promise<Kept>
  /** A door is open: what its knock will need may be looked up while nobody waits. */
  expect?(window: Window | null): void
  /** Draws a knock that was saved before its row arrives: in one breath with the rest, so the screen is drawn once. */
  draw?(window: Window, outcome: Outcome, visitId: string): void
  /** Resolves when the screen shows what was drawn. */
  drawn?(): Promise<void>
  /** Answers with the reason when the knock stands. */
  takeBack(visitId: string, doorId: string): Promise<string | null>
}

interface Doorstep {
  view: () => FacadeView
  walk: () => Walk
  book: KnockBook
  deed: Ref<Deed | null>
  onQuiz: (visitId: string) => void
}

/**
 * The member at the doors of one stairwell: which door is open, what a tap does, where it goes on, and how it is taken
 * back. A tap that arrives while another is being saved is dropped: the sheet it was meant for is not there yet.
 */
export function useKnocking({ view, walk, book, deed, onQuiz }: Doorstep) {
  const openId = ref<string | null>(null)
  const failure = ref('')
  /** The last door of the stairwell was done a moment ago. */
  const isFinished = ref(false)
  /** Knocked at just now: the façade may not show it yet. */
  const fresh = new Set<string>()
  const isBusy = shallowRef(false)

  /** The knock is being shown; the sheet stays as it is until that is drawn. */
  const isHeld = shallowRef(false)
  const open = computed<Window | null>((before) => {
    if (isHeld.value && before) return before
    return openId.value === null ? null : findWindow(view(), openId.value)
  })
  const floor = computed(() => view().floors.find((entry) => entry.level === open.value?.level) ?? null)
  const next = computed<Window | null>((before) => {
    return isHeld.value && before !== undefined ? before : following(openId.value)
  })
  const floorLeft = computed<readonly Window[]>((before) => {
    if (isHeld.value && before) return before
    return floor.value ? waitingOnFloor(floor.value, walk().order) : []
  })

  /** The next untouched door after one; knocks that the façade does not show yet are passed over. */
  function following(from: string | null): Window | null {
    for (const doorId of fresh) {
      if (findWindow(view(), doorId)?.state !== 'untouched') fresh.delete(doorId)
    }
    let at = from
    for (let tries = 0; tries <= fresh.size; tries++) {
      const door = nextDoor(view().floors, at, walk())
      if (!door || (!fresh.has(door.doorId) && door.doorId !== from)) return door
      at = door.doorId
    }
    return null
  }

  function openDoor(doorId: string | null): void {
    failure.value = ''
    isFinished.value = false
    openId.value = doorId
  }

  function goOn(from: string): void {
    const door = following(from)
    openDoor(door?.doorId ?? null)
    isFinished.value = door === null
  }

  async function pick(action: DoorAction): Promise<void> {
    const window = open.value
    if (!window || isBusy.value) return
    const outcome = action === 'quiz' ? 'met' : action
    const known = action === 'quiz' ? metHere(window.doorId) : null
    if (known) {
      onQuiz(known)
      return
    }
    await alone(async () => {
      const kept = await book.record(window, outcome)
      if (!kept.saved) {
        failure.value = kept.why
        return
      }
      isHeld.value = action !== 'quiz'
      book.draw?.(window, outcome, kept.visitId)
      const visits = [{ visitId: kept.visitId, doorId: window.doorId, label: window.label }]
      settle({ visits, floor: null, outcome })
      if (action === 'quiz') {
        onQuiz(kept.visitId)
        return
      }
      // First the lit window and the line about it, then the sheet: an old phone draws one after the other sooner.
      await book.drawn?.()
      isHeld.value = false
      if (!staysAtDoor(outcome) && openId.value === window.doorId) goOn(window.doorId)
    })
  }

  /** The visit of this door when the last tap met its resident: a question then belongs to that visit. */
  function metHere(doorId: string): string | null {
    const last = deed.value
    if (!last || last.undone || last.state !== 'met' || last.visits.length !== 1) return null
    return last.visits[0]?.doorId === doorId ? last.visits[0].visitId : null
  }

  /** 本层其余无人: every untouched door of the floor, one undo for all of them. */
  async function restOfFloor(level: number): Promise<void> {
    const on = view().floors.find((entry) => entry.level === level)
    if (!on) return
    await alone(async () => {
      const waiting = waitingOnFloor(on, walk().order).filter((window) => !fresh.has(window.doorId))
      const visits: Deed['visits'] = []
      let why = ''
      for (const window of waiting) {
        const kept = await book.record(window, 'notHome')
        if (!kept.saved) {
          why = kept.why
          break
        }
        book.draw?.(window, 'notHome', kept.visitId)
        visits.push({ visitId: kept.visitId, doorId: window.doorId, label: window.label })
      }
      const last = visits.at(-1)
      if (last) settle({ visits, floor: on.label, outcome: 'notHome' })
      if (why !== '') failure.value = visitMessages.door.someSaved(visits.length, waiting.length, why)
      else if (last && openId.value !== null) goOn(last.doorId)
    })
  }

  function settle({ visits, floor, outcome }: Pick<Deed, 'visits' | 'floor'> & { outcome: Outcome }): void {
    for (const { doorId } of visits) fresh.add(doorId)
    failure.value = ''
    deed.value = { stairwellId: view().stairwellId, state: shareOutcome(outcome), visits, floor, undone: false }
    navigator.vibrate?.(outcome === 'met' ? [12, 40, 12] : 12)
  }

  async function undo(): Promise<void> {
    const last = deed.value
    if (!last || last.undone) return
    await alone(async () => {
      const standing = [...last.visits]
      for (const { visitId, doorId } of last.visits) {
        const why = await book.takeBack(visitId, doorId)
        if (why !== null) {
          failure.value = why
          deed.value = { ...last, visits: standing }
          return
        }
        standing.shift()
        fresh.delete(doorId)
      }
      deed.value = { ...last, undone: true }
      // Whoever takes one door back wants to say it again, rightly.
      if (last.visits.length === 1 && openId.value !== null) openDoor(last.visits[0]!.doorId)
      else isFinished.value = false
    })
  }

  async function alone(work: () => Promise<void>): Promise<void> {
    if (isBusy.value) return
    isBusy.value = true
    try {
      await work()
    } finally {
      isHeld.value = false
      isBusy.value = false
    }
  }

  return {
    open,
    openId,
    isHeld,
    floorLeft,
    next,
    failure,
    isFinished,
    openDoor,
    goOn,
    following,
    pick,
    restOfFloor,
    undo,
  }
}

function findWindow(view: FacadeView, doorId: string): Window | null {
  for (const floor of view.floors) {
    const window = floor.windows.find((entry) => entry.doorId === doorId)
    if (window) return window
  }
  return null
}
