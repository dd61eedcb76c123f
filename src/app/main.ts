import './polyfills.ts'
import '../ui/tokens.css'
import '../ui/card.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { applyPreferences } from '../ui/preferences.ts'
import App from './App.vue'
import { watchForBugs } from './errors.ts'
import { PhoneHolder } from './PhoneHolder.ts'
import { makeRouter } from './router.ts'

/** Opens the database before the first screen is drawn, so that no screen ever has to wait for one. */
async function start(): Promise<void> {
  applyPreferences()
  const holder = new PhoneHolder(import.meta.env.VITE_APP_VERSION ?? '0.1.0')
  const app = createApp(App, { holder })
  watchForBugs(app)
  app.use(createPinia())
  await holder.open()
  app.use(makeRouter(() => holder.enrolment !== null))
  app.mount('#app')
  // The first screen needs nothing of it.
  await (await import('./registerWorker.ts')).registerWorker()
}

void start()
