import { here, save } from '../../db/here.ts'
import type { Refusal } from '../../domain/command.ts'
import { INVITE_MINUTES_MOST } from '../../domain/commands/createInvite.ts'
import { termsOf } from '../../domain/records/invite.ts'
import type { Bond, Member } from '../../domain/records/member.ts'
import { hashesOf, inviteIdOf, makeSecret, type InviteSecret } from './inviteSecrets.ts'

/** Makes one invitation for another phone of somebody who has a bond (换手机). The caller keeps the secret. */
export async function makeReinvite(
  { id: memberId }: Member,
  bond: Bond,
): Promise<{ made: InviteSecret } | { refused: Refusal }> {
  const fresh = makeSecret(here().seam.rng)
  const rest = { minutes: INVITE_MINUTES_MOST, label: '' }
  const done = await save('invite/create', { ...termsOf(bond), memberId, ...hashesOf(fresh), ...rest })
  return done.saved ? { made: { inviteId: inviteIdOf(done.id), ...fresh } } : { refused: done.code }
}
