import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Edit } from '../harness/plantEdits.ts'

/** A fault in the server, and the case that is there to see it. */
export interface Planted {
  name: string
  caughtBy: string
  edits: Edit[]
}

const one = (name: string, caughtBy: string, file: string, find: string, put: string): Planted => ({
  ...{ name, caughtBy },
  edits: [{ file: `sync-server/${file}`, find, put }],
})

/** Faults that somebody might make one day, each of which the corpus must see. */
export const PLANTED: Planted[] = [
  one(
    'a body is inflated whole before it is measured',
    '200 MB in 194 KB, told from its beginning',
    'routes/readBody.ts',
    'maxOutputLength: LIMITS.inflatedBytes',
    'maxOutputLength: 2 ** 30',
  ),
  one(
    'a second gzip member is left unread',
    'a whole request and an empty gzip member',
    'routes/readBody.ts',
    "  if (end + 8 !== bytes.length) throw new HttpProblem('bad_encoding')\n",
    '',
  ),
  {
    name: 'the last of two keys counts',
    caughtBy: 'a key twice, once escaped',
    edits: [
      { file: 'src/protocol/parseJson.ts', find: "return duplicate ? 'duplicate_key' : null", put: 'return null' },
    ],
  },
  {
    name: 'a field that nobody knows is left out in silence',
    caughtBy: 'a clock of its own choice',
    edits: [
      { file: 'src/domain/fields.ts', find: "  if (unknown) return { ok: false, code: 'unknown_field' }\n", put: '' },
    ],
  },
  {
    name: 'a lone surrogate is text',
    caughtBy: 'a lone surrogate',
    edits: [{ file: 'src/domain/fields.ts', find: '!UNSTORABLE.test(value)', put: "!value.includes('\\0')" }],
  },
  one(
    'a sister site is our own',
    'another origin of this site',
    'server.ts',
    "site === 'same-origin'",
    "site.startsWith('same-')",
  ),
  one(
    'whose device it is stands in the request',
    'another device’s id',
    'routes/sync.ts',
    "  if (request.device !== device.id) throw new HttpProblem('device_mismatch')\n",
    '',
  ),
  {
    name: 'the epoch is looked at after the batch',
    caughtBy: 'an old epoch with a visit',
    edits: [
      {
        file: 'sync-server/routes/sync.ts',
        find: '  await assertEpoch(server, community, request.epoch, cursor)\n',
        put: '',
      },
      {
        file: 'sync-server/routes/sync.ts',
        find: "  if (result.device === 'revoked')",
        put: "  await assertEpoch(server, community, request.epoch, cursor)\n  if (result.device === 'revoked')",
      },
    ],
  },
  one(
    'a superseded token is as good as the new one',
    'a superseded token that pushes',
    'identity/principal.ts',
    "  if (isOver(token, server.clock.now())) throw new HttpProblem('token_superseded')\n",
    '',
  ),
  one(
    'an invitation can be used again',
    'an invitation that was used',
    'identity/enrol.ts',
    "invite.state !== 'open' || ",
    '',
  ),
  one(
    'the stored answer of another content is given away',
    'the same id with another door',
    'commitBatch.ts',
    'const same = known.hash === hashOf(command)',
    'const same = hashOf(command) !== known.id',
  ),
  one('guessing is free', 'guesses of one address', 'server.ts', '{ max: 60, timeWindow', '{ max: 6_000, timeWindow'),
  one(
    'scripts may make themselves out of text',
    'an answer of a page that is not there',
    'server.ts',
    "  'require-trusted-types-for': [\"'script'\"],\n",
    '',
  ),
  one(
    'what is no HTTP is answered by the framework',
    'two lengths',
    'server.ts',
    '    clientErrorHandler: refuseUnreadable,\n',
    '',
  ),
  one(
    'the good rows of a bad ledger are imported',
    'three bad rows in 300',
    'operator/importRosterFile.ts',
    'unread.length > 0',
    'unread.length > 300',
  ),
  one(
    'half of a hand-over file is taken',
    'a hand-over file under another key',
    'operator/importHandover.ts',
    '    if (!part) throw new BadHandover(handoverMessages.invalid)\n',
    '    if (!part) continue\n',
  ),
]

/** The environment of a server, or of a command line, with this fault in it. */
export function plantedEnv(name: string): Record<string, string> {
  const plant = pathToFileURL(join(import.meta.dirname, 'plant.ts')).href
  return { HOSTILE_FAULT: name, NODE_OPTIONS: `--import=${plant}` }
}
