/**
 * Keeps the app's own files on the phone, so that it starts in a stairwell without signal. It knows no data: nothing
 * under /api is ever cached or answered here, and whatever the person saved lives in IndexedDB, out of its reach.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching'
import { NavigationRoute, registerRoute } from 'workbox-routing'
import { isSkipWaiting } from './isSkipWaiting.ts'

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null }[] }

/** Paths that belong to the server even when someone types them into the address bar. */
const serverOnly = [/^\/api(\/|$)/, /^\/healthz$/, /^\/readyz$/, /^\/metrics$/]

cleanupOutdatedCaches()
precacheAndRoute(self.__WB_MANIFEST)
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: serverOnly }))

// A new version waits until the person says so: it must never pull the app away from under an open form.
self.addEventListener('message', (event) => {
  if (isSkipWaiting(event, self.location.origin)) event.waitUntil(self.skipWaiting())
})

// The very first visit is taken over at once, so that screens not opened yet are at hand if the signal goes now.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
