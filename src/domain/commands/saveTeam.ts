import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, id, text, whole } from '../fields.ts'

/** Makes a team (base revision 0) or renames one. */
export const saveTeam = command({
  verb: 'team/save',
  version: 1,
  args: fields({ teamId: id, baseRevision: whole(0, 1e9), name: text(30, 1) }),
  reads: ({ teamId }) => [row('team', teamId, 'c')],
  decide({ args }, facts) {
    const team = facts.get('team', args.teamId)
    if (team === 'unknownHere') return accept([])
    const revision = team === 'absent' ? 0 : team.revision
    if (revision !== args.baseRevision) return refuse('stale_revision')
    return accept([put('team', { id: args.teamId, name: args.name.trim(), revision: revision + 1 })])
  },
})
