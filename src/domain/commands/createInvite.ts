import * as v from 'valibot'
import { accept, command, put, refuse, row } from '../command.ts'
import { fields, id, text, whole } from '../fields.ts'
import { role } from '../records/member.ts'

const sha256 = v.pipe(v.string('bad_field'), v.regex(/^[0-9a-f]{64}$/, 'bad_field'))

/** 15 minutes as a QR code on a screen, 24 hours as a link. */
export const INVITE_MINUTES_MOST = 24 * 60

/** An invitation for one phone. The secret was made on the inviter's device; only its hash travels. */
export const createInvite = command({
  verb: 'invite/create',
  version: 1,
  args: fields({
    role,
    teamId: v.nullable(id),
    secretHash: sha256,
    codeHash: v.nullable(sha256),
    label: text(20),
    minutes: whole(1, INVITE_MINUTES_MOST),
  }),
  reads: ({ teamId }) => (teamId === null ? [] : [row('team', teamId, 'c')]),
  decide({ args, actor, at, newId }, facts) {
    const { minutes, ...body } = args
    // An officer belongs to no team: an invitation that lay in a team's scope could be let in by its leader.
    if (args.role === 'officer' && args.teamId !== null) return refuse('bad_field')
    if (args.teamId !== null && facts.get('team', args.teamId) === 'absent') return refuse('not_found')
    const expiresAt = at.received + minutes * 60_000
    const fresh = { state: 'open' as const, deviceId: null, invitedBy: actor.memberId }
    return accept([put('invite', { id: newId(0), ...body, expiresAt, ...fresh })])
  },
})
