import { mintId } from '../../src/domain/hash.ts'
import { put } from '../../src/domain/put.ts'
import { communityScope } from '../../src/domain/record.ts'
import type { Device } from '../../src/domain/records/device.ts'
import type { Member } from '../../src/domain/records/member.ts'
import { VERBS, type Args, type Verb } from '../../src/domain/verbs.ts'
import type { Answer } from '../../src/protocol/sync.ts'
import { commitBatch, type RawCommand } from '../commitBatch.ts'
import { commitDeed } from '../commitDeed.ts'
import type { ServerContext } from '../context.ts'
import { newRecordId } from '../identity/token.ts'

/** A device that the operator holds: no cookie, the same commands as everybody else's, through the same batch. */
export class OperatorPhone {
  readonly #server: ServerContext
  readonly #community: string
  readonly #device: Device
  readonly #incarnation: string
  #n = 0
  #queue: RawCommand[] = []

  private constructor(server: ServerContext, community: string, device: Device) {
    this.#server = server
    this.#community = community
    this.#device = device
    this.#incarnation = newRecordId(server.rng)
  }

  /** Enrols a device for a member. A member who is new is put in with the bond given. */
  static async enrol(
    server: ServerContext,
    community: string,
    member: Member,
    deviceName: string,
  ): Promise<OperatorPhone> {
    const bond = member.bonds.at(-1) ?? { role: 'member' as const, teamId: null }
    const device: Device = {
      id: newRecordId(server.rng),
      memberId: member.id,
      role: bond.role,
      teamId: bond.teamId,
      name: deviceName,
      matchCode: '000000',
      state: 'active',
      enrolledAt: server.clock.now(),
    }
    await commitDeed(server, community, async (_trx, facts) => {
      await facts.load([{ row: { kind: 'member', id: member.id, scope: communityScope } }])
      // A member who is known keeps the bonds that stand there now; what the caller read may be of a moment ago.
      const isKnown = facts.get('member', member.id) !== 'absent'
      return { changes: [...(isKnown ? [] : [put('member', member)]), put('device', device)], value: undefined }
    })
    return new OperatorPhone(server, community, device)
  }

  get memberId(): string {
    return this.#device.memberId
  }

  /** Queues a command as done now. @returns its k-th id maker */
  queue<V extends Verb>(verb: V, args: Args<V>): (k: number) => string {
    const id = newRecordId(this.#server.rng)
    const moment = { claimedAt: this.#server.clock.now(), offsetMs: 0, after: null }
    const n = ++this.#n
    this.#queue.push({ n, id, raw: { n, id, verb, version: VERBS[verb].version, ...moment, args } })
    return (k) => mintId(id, String(k))
  }

  /** Sends the queue. @throws Error when any command was not applied: an operator's work is all or nothing to look at */
  async send(): Promise<Answer[]> {
    const commands = this.#queue
    this.#queue = []
    const who = { community: this.#community, deviceId: this.#device.id, memberId: this.#device.memberId }
    const result = await commitBatch(this.#server, { ...who, incarnation: this.#incarnation, commands, unsent: 0 })
    const failed = result.answers.find((answer) => answer.result !== 'applied')
    if (failed) throw new Error(`not applied: ${JSON.stringify(failed)}`)
    return result.answers
  }
}
