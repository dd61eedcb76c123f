/** What `GET /api/recovery` tells an officer while the window after a restore is open; times in ms on the server's clock. */
export interface RecoveryAnswer {
  recovery: {
    /** How old the data is that was brought back. */
    madeAt: number
    restoredAt: number
    /** Phones that were in use and have not asked again since: what they hold may still come (SYNC-8). */
    missing: { deviceId: string; memberId: string }[]
  } | null
}
