import * as v from 'valibot'
import { accept, command } from '../command.ts'
import { put } from '../put.ts'
import { choice, fields, id, whole } from '../fields.ts'
import { LOSS_CODES, mintPhoneLossId } from '../records/phoneLoss.ts'

/**
 * A phone tells its leader that it noticed a loss. It makes `lossId` once per loss, so that telling it again after a crash
 * says the same thing once.
 */
export const reportLoss = command({
  verb: 'device/report-loss',
  version: 1,
  args: fields({ lossId: id, code: choice(LOSS_CODES), atMost: v.nullable(whole(0, 1e6)) }),
  reads: () => [],
  decide({ args: { lossId, code, atMost }, actor: { deviceId, memberId, teamId }, at }) {
    const lossOf = mintPhoneLossId(deviceId, lossId, teamId)
    return accept([put('phoneLoss', { id: lossOf, deviceId, memberId, teamId, code, atMost, noticedAt: at.effective })])
  },
})
