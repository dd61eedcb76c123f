import type { Actor, Read } from '../src/domain/command.ts'
import { check } from '../src/domain/fields.ts'
import { mintId } from '../src/domain/hash.ts'
import { memberScope } from '../src/domain/record.ts'
import { mintQuizTakenId } from '../src/domain/records/quizTaken.ts'
import { mintVisitVoidId } from '../src/domain/records/visitVoid.ts'
import { commandOf, isVerb } from '../src/domain/verbs.ts'
import type { WorkingFacts } from './workingFacts.ts'

/**
 * Loads what a batch will probably look at in a few statements instead of a few per command. It only saves time: what
 * it misses is loaded when it is asked for, and what it loads in vain is forgotten with the batch.
 */
export async function prefetch(
  facts: WorkingFacts,
  who: { community: string; deviceId: string; memberId: string },
  commands: readonly { id: string; raw: unknown }[],
): Promise<void> {
  const { community, deviceId, memberId } = who
  // The role is not known yet; a rule whose reads depend on it loads the rest by itself.
  const actor: Actor = { communityId: community, memberId, deviceId, role: 'member', teamId: null }
  const reads: Read[] = [
    { row: { kind: 'device', id: deviceId, scope: '' } },
    { row: { kind: 'deviceReport', id: deviceId, scope: '' } },
  ]
  const facades: { stairwellId: string; roundId: string }[] = []
  for (const { id, raw } of commands) {
    const { verb, args } = (raw ?? {}) as { verb?: unknown; args?: unknown }
    if (typeof verb !== 'string' || !isVerb(verb)) continue
    const rule = commandOf(verb)
    const checked = check(rule.args, args)
    if (!checked.ok) continue
    const { stairwellId, roundId, sessionId, visitId } = checked.value as Record<string, unknown>
    const named = rule.reads(checked.value, actor, (k) => mintId(id, String(k)))
    reads.push(...named.filter((read) => 'row' in read))
    if (typeof stairwellId === 'string' && typeof roundId === 'string') {
      facades.push({ stairwellId, roundId })
      reads.push({ row: { kind: 'visit', id: mintId(id, '0'), scope: '' } })
    }
    if (typeof stairwellId === 'string') reads.push({ row: { kind: 'stairwell', id: stairwellId, scope: '' } })
    if (typeof sessionId === 'string') {
      reads.push({ row: { kind: 'sessionTally', id: sessionId, scope: memberScope(memberId) } })
    }
    if (typeof visitId !== 'string') continue
    reads.push({ row: { kind: 'visitVoid', id: mintVisitVoidId(visitId), scope: '' } })
    reads.push({ row: { kind: 'quizTaken', id: mintQuizTakenId(visitId), scope: '' } })
  }
  await facts.load(reads)
  await facts.loadFacades(facades)
}
