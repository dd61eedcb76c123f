import type { Standing } from '../protocol/enrolment.ts'
import { readEnrolment, writeEnrolment, type Enrolment } from './enrolment.ts'
import { startPhone, type RunningPhone } from './startPhone.ts'

/** Holds the one phone that this page is, from its start or from the moment somebody joins. */
export class PhoneHolder {
  enrolment: Enrolment | null = null
  /** The browser would not open its database. */
  failed = false
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

  /** Takes up a fresh enrolment. */
  async adopt(standing: Standing): Promise<Enrolment> {
    writeEnrolment(standing)
    this.#running?.stop()
    await this.#start(standing)
    return standing
  }

  async #start(enrolment: Enrolment): Promise<void> {
    try {
      this.#running = await startPhone(enrolment, this.#appVersion)
      this.enrolment = enrolment
    } catch (error) {
      console.error(error)
      this.failed = true
    }
  }
}
