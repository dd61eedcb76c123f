import { reactive, readonly } from 'vue'

/** How this phone is held and read. They are this phone's own, so they stand in localStorage and never travel. */
export interface Preferences {
  /** Root text size: 16, 20 or 24 px. */
  text: 'standard' | 'large' | 'huge'
  theme: 'system' | 'light' | 'dark'
  /** The hand that holds the phone: what is tapped often lies near its thumb. */
  hand: 'left' | 'right'
  /** Which way a stairwell is walked: most begin at the top and come down. */
  direction: 'down' | 'up'
}

const CHOICES: { readonly [K in keyof Preferences]: readonly [Preferences[K], ...Preferences[K][]] } = {
  text: ['standard', 'large', 'huge'],
  theme: ['system', 'light', 'dark'],
  hand: ['right', 'left'],
  direction: ['down', 'up'],
}

const STORE = 'qiaomen.preferences'
const state = reactive(read())

/** The preferences, reactive; changed by `setPreference` alone. */
export const preferences: Readonly<Preferences> = readonly(state)

/** Changes one preference, shows it at once and keeps it for the next start. */
export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  Object.assign(state, { [key]: value })
  applyPreferences()
  try {
    localStorage.setItem(STORE, JSON.stringify(state))
  } catch {
    // A full or forbidden storage costs the next start its preferences, and nothing else.
  }
}

/** Puts text size and theme on the page. The app calls it once before the first paint. */
export function applyPreferences(): void {
  const { text, theme } = state
  const { dataset } = document.documentElement
  if (text === 'standard') delete dataset.text
  else dataset.text = text
  if (theme === 'system') delete dataset.theme
  else dataset.theme = theme
}

function read(): Preferences {
  const known = stored()
  const pick = <K extends keyof Preferences>(key: K): Preferences[K] => {
    const choices: readonly Preferences[K][] = CHOICES[key]
    return choices.find((choice) => choice === known[key]) ?? CHOICES[key][0]
  }
  return { text: pick('text'), theme: pick('theme'), hand: pick('hand'), direction: pick('direction') }
}

function stored(): Record<string, unknown> {
  try {
    return (JSON.parse(localStorage.getItem(STORE) ?? '{}') ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}
