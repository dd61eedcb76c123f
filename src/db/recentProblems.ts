/** Codes of what the last cycles met, for whoever looks for a fault; gone with the page. */
const recent: string[] = []
const MOST = 10

/** Takes down what a cycle met, by its permanent code alone. */
export function noteProblem(code: string): void {
  recent.push(code)
  if (recent.length > MOST) recent.shift()
}

/** The codes of the last cycles that failed, oldest first. */
export function recentProblems(): readonly string[] {
  return recent
}
