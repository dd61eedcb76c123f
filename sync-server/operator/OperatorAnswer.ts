/** What a verb answers: one value for `--json`, and the lines that a person reads. */
export interface OperatorAnswer {
  value: unknown
  lines: readonly string[]
  /** False ends the process with status 1: the verb ran and found that something is wrong. */
  ok?: boolean
}
