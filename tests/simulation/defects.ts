/**
 * Faults that the simulation must catch, as edits of the source: each names a file, a text that stands in it exactly
 * once, and what stands there instead. `seed` is recorded: it catches the fault; the test begins there. `budget` is
 * how many seeds from 1 the fault may survive before the simulation counts as blind to it.
 */
export interface Defect {
  name: string
  /** The fault of the book that it stands for, where the two have different names. */
  standsFor?: string
  edits: readonly { file: string; find: string; put: string }[]
  seed: number
  budget: number
  /** A control: it must not be caught. */
  harmless?: true
}

export const DEFECTS: readonly Defect[] = [
  {
    name: 'outbox entry deleted before the answer',
    edits: [
      {
        file: 'src/sync/synchronize.ts',
        find: '    const answer = await ask(database, seam, pace, request, asked)\n',
        put: `    await database.outbox.where('id').anyOf(request.commands.map((command) => command.id)).delete()
    const answer = await ask(database, seam, pace, request, asked)\n`,
      },
    ],
    seed: 1,
    budget: 20,
  },
  {
    name: 'outbox entry written in another transaction than the record',
    edits: [
      {
        file: 'src/db/capture.ts',
        find: "    this.#store('outbox').add(entry)\n",
        put: `    const later = () => void this.#database.outbox.add(entry).catch(() => {})
    this.#transaction.addEventListener('complete', later)\n`,
      },
    ],
    seed: 1,
    budget: 100,
  },
  {
    name: 'cursor saved before its page',
    standsFor: 'cursor saved in another transaction',
    edits: [
      {
        file: 'src/db/settle.ts',
        find: '): Promise<Settled> {\n',
        put: `): Promise<Settled> {
  if (pulled) await database.phone.toCollection().modify({ cursor: page.cursor })
  asked = { ...asked, cursor: page.cursor }\n`,
      },
    ],
    seed: 3,
    budget: 100,
  },
  {
    name: 'no dedupe on the server',
    standsFor: 'no dedupe',
    edits: [{ file: 'sync-server/commitBatch.ts', find: 'if (!known) return false', put: 'return false' }],
    seed: 1,
    budget: 20,
  },
  {
    name: 'a repeat is applied again',
    standsFor: 'id not unique',
    edits: [
      { file: 'sync-server/commitBatch.ts', find: 'if (!known) return false', put: 'return false' },
      {
        file: 'sync-server/storage/records.ts',
        find: "await trx.insertInto('command').values(values).execute()",
        put: "await trx.insertInto('command').values(values).onConflict((c) => c.doNothing()).execute()",
      },
    ],
    seed: 1,
    budget: 50,
  },
  {
    name: 'no purge of a lost scope',
    standsFor: 'no purge',
    edits: [{ file: 'src/db/Settlement.ts', find: '    await purgeScopes(this.#database, scopes, unsent)\n', put: '' }],
    seed: 2,
    budget: 20,
  },
  {
    name: 'purge that forgets what was unsent in it',
    edits: [
      {
        file: 'src/db/Settlement.ts',
        find: 'await purgeScopes(this.#database, scopes, unsent)',
        put: 'await purgeScopes(this.#database, scopes, new Set())',
      },
    ],
    seed: 9,
    budget: 50,
  },
  {
    name: 'the server’s row stays under a lost scope',
    edits: [
      {
        file: 'src/db/Settlement.ts',
        find: '      if (scopes !== null && !scopes.includes(shadow.scope)) continue\n',
        put: '      if (shadow.kind) continue\n',
      },
    ],
    seed: 6,
    budget: 100,
  },
  {
    name: 'page applied without looking at the cursor',
    standsFor: 'page applied unchecked',
    edits: [
      {
        file: 'src/db/settle.ts',
        find: 'return state.cursor === asked.cursor && page.membership >= state.membership',
        put: 'return true',
      },
    ],
    seed: 1,
    budget: 200,
  },
  {
    name: 'gap accepted',
    edits: [
      {
        file: 'sync-server/commitBatch.ts',
        find: 'if (command.n !== this.#n + 1) {',
        put: 'this.#n = command.n - 1\n    if (command.n === 0) {',
      },
    ],
    seed: 65,
    budget: 200,
  },
  {
    name: 'fork undetected',
    edits: [
      { file: 'sync-server/commitBatch.ts', find: 'if (command.n <= this.#n) {', put: 'if (command.n === 0) {' },
      {
        file: 'sync-server/commitBatch.ts',
        find: 'if (command.n !== this.#n + 1) {',
        put: 'if (command.n > this.#n + 1) {',
      },
    ],
    seed: 97,
    budget: 400,
  },
  {
    name: 'overlay dropped on the answer',
    standsFor: 'overlay dropped on answer',
    edits: [
      {
        file: 'src/db/Settlement.ts',
        find: "if (entry.state !== 'applied' || entry.clock === null || entry.clock > reached) continue",
        put: "if (entry.state !== 'applied' || entry.clock === null) continue",
      },
    ],
    seed: 9,
    budget: 100,
  },
  {
    name: 'reached claimed before the page is the whole present',
    edits: [{ file: 'sync-server/changeFeed.ts', find: 'reached: more ? 0 : next.clock', put: 'reached: now.clock' }],
    seed: 1,
    budget: 100,
  },
  {
    name: 'a command that throws',
    edits: [
      {
        file: 'sync-server/Judge.ts',
        find: "    if (!isVerb(verb)) return 'unknownVersion'\n",
        put: `    if (!isVerb(verb)) return 'unknownVersion'
    if (verb === 'stairwell/access-note' && !deed.overruled) throw new Error('poison')\n`,
      },
    ],
    seed: 1,
    budget: 0,
    harmless: true,
  },
  {
    name: 'poison blocks the lane',
    edits: [
      {
        file: 'sync-server/Judge.ts',
        find: "    if (!isVerb(verb)) return 'unknownVersion'\n",
        put: `    if (!isVerb(verb)) return 'unknownVersion'
    if (verb === 'stairwell/access-note' && !deed.overruled) throw new Error('poison')\n`,
      },
      {
        file: 'sync-server/commitBatch.ts',
        find: 'if (this.#facts.revision !== before || isRetryable(error)) throw error',
        put: 'throw error',
      },
      {
        file: 'sync-server/commitBatch.ts',
        find: '      return holdFaulty(server, single)',
        put: '      throw error',
      },
    ],
    seed: 1,
    budget: 20,
  },
  {
    name: 'base revision unchecked',
    standsFor: 'claim unchecked',
    edits: [
      {
        file: 'src/domain/commands/assignStairwell.ts',
        find: "if (before.revision !== args.baseRevision) return refuse('stale_revision')",
        put: 'before.revision = args.baseRevision',
      },
    ],
    seed: 2,
    budget: 100,
  },
  {
    name: 'façade by arrival',
    standsFor: 'projection by arrival',
    edits: [
      {
        file: 'src/domain/coverage/facade.ts',
        find: '    if (event.after) Object.assign(mark, { outcome: event.after.outcome, at: event.after.visitedAt })\n',
        put: '    delete mark.voided\n    if (event.after) Object.assign(mark, { outcome: event.after.outcome, at: event.after.visitedAt })\n',
      },
    ],
    seed: 1,
    budget: 100,
  },
  {
    name: 'leak on pull',
    edits: [
      {
        file: 'sync-server/changeFeed.ts',
        find: 'page.rows.filter((row) => mayRead(entitlement, row.scope))',
        put: 'page.rows',
      },
      {
        file: 'sync-server/storage/records.ts',
        find: `      : sql<boolean>\`"scope" in (\${sql.join(filter.scopes)})\``,
        put: `      : sql<boolean>\`(substr("scope", 1, 2) = 's:' or "scope" in (\${sql.join(filter.scopes)}))\``,
      },
    ],
    seed: 1,
    budget: 20,
  },
  {
    name: 'answer of a refusal not stored',
    edits: [
      {
        file: 'sync-server/commitBatch.ts',
        find: '    const taken = [...this.#taken.values()]\n',
        put: "    const taken = [...this.#taken.values()].filter(({ answer }) => answer.result !== 'refused')\n",
      },
    ],
    seed: 15,
    budget: 100,
  },
  {
    name: 'no epoch',
    edits: [
      {
        file: 'sync-server/routes/sync.ts',
        find: "if (ahead || (epoch !== null && epoch !== now.epoch)) throw new HttpProblem('epoch_changed')",
        put: "if (ahead && epoch === 'never') throw new HttpProblem('epoch_changed')",
      },
    ],
    seed: 2,
    budget: 50,
  },
  {
    name: 'epoch without offering again',
    standsFor: 'epoch without re-offer',
    edits: [
      {
        file: 'src/db/lane.ts',
        find: '.filter(({ id, at }) => at >= oldestAt && !known.has(id))',
        put: '.filter(({ id, at }) => at < 0 && !known.has(id))',
      },
    ],
    seed: 2,
    budget: 50,
  },
  {
    name: 'a row lost at a page boundary',
    edits: [
      {
        file: 'sync-server/changeFeed.ts',
        find: 'const clock = full ? last : Math.max(nowClock, last)',
        put: 'const clock = full ? last + 1 : Math.max(nowClock, last)',
      },
    ],
    seed: 1,
    budget: 50,
  },
  {
    name: 'an evening counted by the server alone',
    edits: [
      {
        file: 'src/db/Replay.ts',
        find: 'body: countOn(shadow.body, own) })',
        put: 'body: own.length < 0 ? countOn(shadow.body, own) : shadow.body })',
      },
    ],
    seed: 2,
    budget: 50,
  },
  {
    name: 'purge that forgets answered rows',
    edits: [
      {
        file: 'src/db/Settlement.ts',
        find: '      this.#pending.removed.add(entry)\n      this.#pending.touch(entry)\n',
        put: '      this.#pending.removed.add(entry)\n',
      },
    ],
    seed: 1,
    budget: 50,
  },
  {
    name: 'no membership version',
    edits: [
      {
        file: 'sync-server/changeFeed.ts',
        find: '  const version = await membershipVersion(trx, device, JSON.stringify(scopes))\n',
        put: `  const told_ = await readMembership(trx, device.community, device.deviceId)
  const version = await membershipVersion(trx, device, JSON.stringify(scopes))
  if (cursor && told_?.version === version) return { membership: version, added: [], lost: [] }\n`,
      },
    ],
    seed: 1,
    budget: 50,
  },
  {
    name: 'another enrolment forgets what waits',
    edits: [
      {
        file: 'src/db/adoptPhone.ts',
        find: "numberAnew(database, ['pending', 'held', 'applied'])",
        put: "numberAnew(database, ['pending'])",
      },
    ],
    seed: 19,
    budget: 100,
  },
  {
    name: 'what waits stays with the enrolment that is no more',
    edits: [
      {
        file: 'sync-server/commitBatch.ts',
        find: '      await this.#keepWaitingHere(command)\n',
        put: '',
      },
    ],
    seed: 7,
    budget: 100,
  },
  {
    name: 'a server that learns a verb with its last start',
    edits: [
      {
        file: 'sync-server/Judge.ts',
        find: "    if (!isVerb(verb)) return 'unknownVersion'\n",
        put: `    if (!isVerb(verb)) return 'unknownVersion'
    if (verb === 'stairwell/access-note' && !('isUpdated' in globalThis)) return 'unknownVersion'\n`,
      },
    ],
    seed: 1,
    budget: 0,
    harmless: true,
  },
  {
    name: 'what an older server held is never tried again',
    edits: [
      {
        file: 'sync-server/Judge.ts',
        find: "    if (!isVerb(verb)) return 'unknownVersion'\n",
        put: `    if (!isVerb(verb)) return 'unknownVersion'
    if (verb === 'stairwell/access-note' && !('isUpdated' in globalThis)) return 'unknownVersion'\n`,
      },
      {
        file: 'sync-server/HoldRetries.ts',
        find: '      const some: Tried = await trySome(server, community, whose, after, AT_ONCE)\n',
        put: '      const some: Tried = { settled: 0, next: null }\n      if (after) await trySome(server, community, whose, after, AT_ONCE)\n',
      },
    ],
    seed: 1,
    budget: 20,
  },
  {
    name: 'a tap believes what its page saw before others wrote',
    edits: [
      {
        file: 'src/db/capture.ts',
        find: '    if (this.#phone && revisionOf(this.#phone) !== revisionOf(state)) throw outdated\n',
        put: '',
      },
    ],
    seed: 1,
    budget: 20,
  },
  {
    name: 'a late request of a lost enrolment takes back what waits',
    edits: [
      {
        file: 'sync-server/commitBatch.ts',
        find: 'if (!held || (await this.#isYounger(held.device))) return',
        put: 'if (!held) return',
      },
    ],
    seed: 25,
    budget: 300,
  },
  {
    name: 'a late visit to a folded round counts twice on replay',
    edits: [
      {
        file: 'sync-server/commitBatch.ts',
        find: '    const stored = ids.length > 0 ? await readCommands(trx, community, ids) : []\n',
        put: `    const all_ = ids.length > 0 ? await readCommands(trx, community, ids) : []
    const { mintId } = await import('../src/domain/hash.ts')
    const visits_ = await readRecords(trx, community, ids.map((id) => ({ kind: 'visit', id: mintId(id, '0') })))
    const live_ = new Set(visits_.map(({ id }) => id))
    const stored = all_.filter(({ id, verb, answer }) => {
      return verb !== 'visit/record' || !answer.includes('"applied"') || live_.has(mintId(id, '0'))
    })\n`,
      },
      {
        file: 'sync-server/storage/records.ts',
        find: "await trx.insertInto('command').values(values).execute()",
        put: "await trx.insertInto('command').values(values).onConflict((c) => c.doNothing()).execute()",
      },
    ],
    seed: 19,
    budget: 100,
  },
  {
    name: 'a folded event stays',
    edits: [
      {
        file: 'sync-server/folding.ts',
        find: '    await dropFoldedRows(trx, community, rows, facadeKey(stairwellId, roundId))\n',
        put: '    if (rows.length < 0) await dropFoldedRows(trx, community, rows, facadeKey(stairwellId, roundId))\n',
      },
    ],
    seed: 4,
    budget: 50,
  },
  {
    name: 'an older cursor does not get the scope whole',
    edits: [
      {
        file: 'src/db/foldRound.ts',
        find: 'return stored !== undefined && JSON.stringify(stored.body) === JSON.stringify(body)',
        put: 'return stored !== undefined || body === null',
      },
    ],
    seed: 4,
    budget: 50,
  },
  {
    name: 'a fold takes along what came behind it',
    edits: [
      {
        file: 'src/sync/synchronize.ts',
        find: "    if (answer.device === 'active') await dropFolded(database, asked, answer, pace.slices)\n",
        put: '',
      },
      {
        file: 'src/sync/synchronize.ts',
        find: '    stale = 0\n    if (answer.lane)',
        put: `    stale = 0
    if (answer.device === 'active') await dropFolded(database, asked, answer, pace.slices)
    if (answer.lane)`,
      },
      {
        file: 'src/db/foldRound.ts',
        find: '    if (await isKnown(database, folded)) continue\n',
        put: '    if (await isKnown(database, { ...folded, id: "" })) continue\n',
      },
      {
        file: 'src/db/foldRound.ts',
        find: "    if (!belongs(state, asked, page, 'rows')) return false\n",
        put: "    if (!belongs(state, asked, page, 'answers')) return false\n",
      },
    ],
    seed: 4,
    budget: 50,
  },
  {
    name: 'what lay below unsent work comes back after a fold',
    edits: [
      {
        file: 'src/db/foldRound.ts',
        find: 'await shadow.bulkPut(slice.map((row) => ({ ...row, body: null })))',
        put: 'await shadow.bulkPut(slice)',
      },
    ],
    seed: 55,
    budget: 300,
  },
  {
    name: 'a fold that takes unsent work along',
    edits: [
      {
        file: 'src/db/foldRound.ts',
        find: 'rows.filter((_row, index) => below[index] === undefined)',
        put: 'rows.filter((_row, index) => below[index] !== null)',
      },
    ],
    seed: 7,
    budget: 50,
  },
  {
    name: 'the sentinel is never asked',
    edits: [
      {
        file: 'src/db/health.ts',
        find: '    if (loss) await raiseAlarm(database, this.#seam.rng, loss)\n',
        put: '',
      },
    ],
    seed: 19,
    budget: 50,
  },
  {
    name: 'what was saved after the last look is missed',
    edits: [
      {
        file: 'src/domain/phoneHealth.ts',
        find: 'onlyCounted ? Math.max(0, missing - since) : missing',
        put: 'onlyCounted ? missing : Math.max(missing, -since)',
      },
    ],
    seed: 7,
    budget: 20,
  },
]
