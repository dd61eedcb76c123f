import { command } from '../command.ts'
import type { Device } from '../records/device.ts'
import { decideEnding, endedDevice, readsOfEnding } from './revokeDevice.ts'

/** What was never let in has nothing to send that anybody waits for. */
const DRAINED: Readonly<Record<Device['state'], Device['state']>> = {
  pending: 'revoked',
  active: 'draining',
  draining: 'draining',
  revoked: 'revoked',
}

/** Ends a phone's enrolment once everything on it has arrived: it sends what it has, takes nothing more in, and leaves. */
export const drainDevice = command({
  verb: 'device/drain',
  version: 1,
  args: endedDevice,
  reads: readsOfEnding,
  decide: (input, facts) => decideEnding(input, facts, (state) => DRAINED[state]),
})
