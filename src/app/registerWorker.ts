import { waitingWorker } from './waitingWorker.ts'

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown }
}

/** The one script URL this app ever makes: its worker, whose name never changes. */
function workerUrl(): string {
  const factory = (window as { trustedTypes?: TrustedTypesFactory }).trustedTypes
  if (!factory) return '/sw.js'
  const createScriptURL = (url: string) => {
    if (url !== '/sw.js') throw new TypeError('this app runs no other worker')
    return url
  }
  return factory.createPolicy('qiaomen', { createScriptURL }).createScriptURL('/sw.js') as string
}

/** Registers the worker that keeps the shell on the phone, and notices when a newer one waits. */
export async function registerWorker(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  const registration = await navigator.serviceWorker.register(workerUrl(), { updateViaCache: 'none' })
  const notice = () => {
    if (registration.waiting && navigator.serviceWorker.controller) waitingWorker.value = registration.waiting
  }
  notice()
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', notice)
  })
  let reloading = false
  const hadController = navigator.serviceWorker.controller !== null
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first worker takes over a page that is already the right one; only an accepted update reloads.
    if (!hadController || reloading || waitingWorker.value === null) return
    reloading = true
    location.reload()
  })
}

/** How long a new version is given to take over before it is asked again, ms. */
const ASK_AGAIN_MS = 1_000

/**
 * The person agreed: the new version takes over, and the page starts again with it. Chromium may leave it waiting when a
 * request of the page meets that moment, so it is asked until it has.
 */
export function acceptUpdate(): void {
  const worker = waitingWorker.value
  if (worker?.state !== 'installed') return
  worker.postMessage({ type: 'SKIP_WAITING' })
  setTimeout(acceptUpdate, ASK_AGAIN_MS)
}
