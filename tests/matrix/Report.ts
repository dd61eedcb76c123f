/** Counts cells, and keeps what was wrong. */
export class Report {
  passed = 0
  readonly failures: string[] = []
  readonly #stopAtFirst: boolean

  /** @param stopAtFirst one failure is enough to know that a planted fault was caught */
  constructor(stopAtFirst = false) {
    this.#stopAtFirst = stopAtFirst
  }

  count(cell: string, trouble: string | null): void {
    if (trouble === null) this.passed++
    else this.failures.push(`${cell}: ${trouble}`)
  }

  get isOver(): boolean {
    return this.#stopAtFirst && this.failures.length > 0
  }
}
