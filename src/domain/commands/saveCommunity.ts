import * as v from 'valibot'
import { accept, command, refuse, row } from '../command.ts'
import { put } from '../put.ts'
import { fields, list, text, whole } from '../fields.ts'

/** The community's name and settings. */
export const saveCommunity = command({
  verb: 'community/save',
  version: 1,
  args: fields({
    baseRevision: whole(0, 1e9),
    name: text(60, 1),
    ruleSetId: text(20, 1),
    questionsPerVisit: whole(0, 5),
    visitingFrom: whole(0, 1440),
    visitingUntil: whole(0, 1440),
    quietDays: list(v.pipe(v.string('bad_field'), v.isoDate('bad_field')), 100),
  }),
  reads: (_args, actor) => [row('community', actor.communityId, 'c')],
  decide({ args, actor }, facts) {
    const { baseRevision, ...body } = args
    const community = facts.get('community', actor.communityId)
    if (community === 'unknownHere') return accept([])
    const revision = community === 'absent' ? 0 : community.revision
    if (revision !== baseRevision) return refuse('stale_revision')
    return accept([put('community', { id: actor.communityId, ...body, revision: revision + 1 })])
  },
})
