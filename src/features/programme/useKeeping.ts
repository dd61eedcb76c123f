import { ref } from 'vue'
import { save } from '../../db/here.ts'
import type { Args, Verb } from '../../domain/verbs.ts'
import { refusalWords } from '../../messages/refusals.ts'

/** Saves deeds one at a time, and has a word for each: that it was kept, or why it was not. */
export function useKeeping() {
  const said = ref('')
  const failure = ref('')
  async function keep<V extends Verb>(verb: V, args: Args<V>, done: string): Promise<boolean> {
    failure.value = ''
    said.value = ''
    const committed = await save(verb, args)
    if (committed.saved) said.value = done
    else failure.value = refusalWords[committed.code]
    return committed.saved
  }
  return { said, failure, keep }
}
