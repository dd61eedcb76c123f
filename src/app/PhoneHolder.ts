import type { Standing } from '../protocol/enrolment.ts'
import { useSyncStatus } from '../sync/status.ts'
import { readEnrolment, writeEnrolment, type Enrolment } from './enrolment.ts'
import { phoneNotice } from './errors.ts'
import { startPhone, type RunningPhone } from './startPhone.ts'

/** Holds the one phone that this page is, from its start or from the moment somebody joins. */
export class PhoneHolder {
  enrolment: Enrolment | null = null
  readonly #appVersion: string
  #running: RunningPhone | null = null

  constructor(appVersion: string) {
    this.#appVersion = appVersion
  }

  /** Opens the phone of the last enrolment, if there was one. */
  async open(): Promise<void> {
    const known = readEnrolment()
    if (known) await this.#start(known)
  }

  /**
   * Takes up a fresh enrolment. One of the same member opens the same database, with everything that is unsent; what
   * another member left behind stays in a database of its own.
   */
  async adopt(standing: Standing): Promise<Enrolment> {
    writeEnrolment(standing)
    // Screens are open meanwhile: the old phone closes when the new one is there. On one database they are like two tabs.
    const before = this.#running
    await this.#start(standing)
    if (this.#running !== before) before?.stop()
    // What the old enrolment came to says nothing about the new one.
    const status = useSyncStatus()
    if (status.reach === 'signedOut' || status.reach === 'revoked') status.reach = 'unknown'
    return standing
  }

  async #start(enrolment: Enrolment): Promise<void> {
    try {
      const running = await startPhone(enrolment, this.#appVersion)
      if (!running) return
      this.#running = running
      this.enrolment = enrolment
    } catch (error) {
      console.error(error)
      phoneNotice.value = 'failed'
    }
  }
}
