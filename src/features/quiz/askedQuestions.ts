/** Questions drawn since this page was opened, oldest first: two neighbours are not asked the same. */
const asked: string[] = []

export function askedQuestions(): readonly string[] {
  return asked
}

export function noteAsked(questionId: string): void {
  asked.push(questionId)
}
