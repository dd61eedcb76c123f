import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { ProblemCode } from '../protocol/problem.ts'

/** How the last cycle went. Counts of the queue come from the database, never from here. */
export type Reach = 'unknown' | 'online' | 'offline' | 'signedOut' | 'revoked' | 'pending' | 'tooOld'

/** What Dexie does not hold about syncing: whether the server is in reach, and whether a cycle runs now. */
export const useSyncStatus = defineStore('syncStatus', () => {
  const reach = ref<Reach>('unknown')
  const running = ref(false)
  const lastProblem = ref<ProblemCode | null>(null)
  return { reach, running, lastProblem }
})
