import { ref } from 'vue'

/** Set while a new version of the app waits for a tap. */
export const waitingWorker = ref<ServiceWorker | null>(null)
