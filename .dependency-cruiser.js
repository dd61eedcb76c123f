/**
 * Who may import whom. The table below is the one in ARCHITECTURE.md; tests/architecture plants a fault against every
 * rule. A rule about rooms is named `<room>-rooms`, a rule about packages `<room>-packages`.
 */

/**
 * Per room of src/: the rooms it may import (besides itself, as path patterns) and the packages.
 * @type {Record<string, { rooms?: string[], packages?: string[] }>}
 */
const rooms = {
  domain: { packages: ['valibot', '@noble/hashes'] },
  protocol: { rooms: ['^src/domain/'], packages: ['valibot'] },
  content: { rooms: ['^src/domain/'] },
  db: { rooms: ['^src/domain/', '^src/protocol/'], packages: ['dexie', 'vue'] },
  remote: { rooms: ['^src/protocol/'] },
  sync: {
    rooms: ['^src/db/', '^src/remote/', '^src/protocol/', '^src/domain/'],
    packages: ['vue', 'pinia'],
  },
  messages: { rooms: ['^src/domain/', '^src/protocol/'] },
  ui: { packages: ['vue'] },
  app: { rooms: ['^src/'], packages: ['vue', 'pinia', 'vue-router', 'workbox-window'] },
  'service-worker': { packages: ['workbox-precaching', 'workbox-routing', 'workbox-core'] },
}

const featureRooms = [
  '^src/ui/',
  '^src/messages/',
  '^src/db/',
  '^src/domain/',
  '^src/content/',
  '^src/sync/status[.]ts$',
  '^src/sync/ask[.]ts$',
  '^src/sync/describeStatus[.]ts$',
]

/** Loaded only when somebody opens the page that needs them; never a part of a member's first download. */
const heavyPackages = ['papaparse', 'read-excel-file', 'write-excel-file', 'echarts', 'uqr']

const serverPackages = [
  ...['fastify', '@fastify/.+', 'prom-client', 'kysely', 'pg', 'pg-[a-z]+', 'valibot', '@valibot/to-json-schema'],
  ...['@noble/hashes', 'papaparse', 'read-excel-file', 'write-excel-file', 'uqr', '@types/pg', '@types/node'],
]

/** @param {string[]} names */
const inPackages = (names) => `(^|/)node_modules/(${names.join('|')})(/|$)`

/** Anything that is not a file of ours: packages, Node's own modules, and what cannot be told apart. */
const outside = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-bundled', 'npm-unknown', 'core']

/**
 * @param {string} name
 * @param {string} comment
 * @param {object} from
 * @param {object} to
 */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

/**
 * A rule about packages: everything from outside is forbidden save the named packages.
 * @param {string} room
 * @param {object} from
 * @param {string[]} packages
 */
const forbidPackages = (room, from, packages) =>
  forbid(`${room}-packages`, `${room} may import: ${packages.join(', ') || 'no package'}`, from, {
    dependencyTypes: outside,
    ...(packages.length > 0 ? { pathNot: inPackages(packages) } : {}),
  })

const roomRules = Object.entries(rooms).flatMap(([room, { rooms: others = [], packages = [] }]) => [
  forbid(
    `${room}-rooms`,
    `${room} may import: itself, ${others.join(', ')}`,
    { path: `^src/${room}/` },
    { path: '^(src|sync-server|scripts)/', pathNot: [`^src/${room}/`, ...others] },
  ),
  forbidPackages(room, { path: `^src/${room}/` }, packages),
])

export default {
  forbidden: [
    forbid('no-circular', 'No circles, of types neither.', {}, { circular: true }),
    forbid('no-unresolvable', 'An import that leads nowhere.', {}, { couldNotResolve: true, pathNot: '[?]' }),
    ...roomRules,
    forbid(
      'features-rooms',
      'A feature may import itself, ui, messages, db, domain, content, sync/status and sync/ask.',
      { path: '^src/features/' },
      { path: '^(src|sync-server|scripts)/', pathNot: ['^src/features/', ...featureRooms] },
    ),
    forbid(
      'features-islands',
      'A feature never imports another feature; what two share moves into domain, db or ui.',
      { path: '^src/features/([^/]+)/' },
      { path: '^src/features/', pathNot: '^src/features/$1/' },
    ),
    forbidPackages('features', { path: '^src/features/' }, ['vue', 'pinia', 'vue-router', ...heavyPackages]),
    forbid(
      'heavy-packages-lazy',
      'Spreadsheets, CSV, charts and QR codes are imported dynamically, by the page that needs them.',
      { path: '^src/' },
      { path: inPackages(heavyPackages), dynamic: false, dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'messages-types-only',
      'Words need the types of domain and protocol, never their code.',
      { path: '^src/messages/' },
      { path: '^src/(domain|protocol)/', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'db-vue-only-in-useLiveQuery',
      'useLiveQuery is the one bridge from the database to the screen.',
      { path: '^src/db/', pathNot: '^src/db/useLiveQuery[.]ts$' },
      { path: inPackages(['vue']) },
    ),
    forbid(
      'sync-vue-only-in-status',
      'The engine also runs in Node; only its status is reactive.',
      { path: '^src/sync/', pathNot: '^src/sync/status[.]ts$' },
      { path: inPackages(['vue', 'pinia']) },
    ),
    forbid(
      'only-db-imports-dexie',
      'src/db is near memory.',
      { path: '^src/', pathNot: '^src/db/' },
      { path: 'dexie' },
    ),
    forbid(
      'sync-server-rooms',
      'The server may import itself, domain, protocol and content.',
      { path: '^sync-server/', pathNot: '^sync-server/operator/' },
      { path: '^(src|scripts)/', pathNot: '^src/(domain|protocol|content)/' },
    ),
    forbid(
      'operator-rooms',
      'The operator’s command line may import what the server may, and messages.',
      { path: '^sync-server/operator/' },
      { path: '^(src|scripts)/', pathNot: '^src/(domain|protocol|content|messages)/' },
    ),
    forbid(
      'sync-server-packages',
      'A server that is installed without development packages must start.',
      { path: '^sync-server/' },
      { dependencyTypes: outside.filter((type) => type !== 'core'), pathNot: inPackages(serverPackages) },
    ),
    forbid(
      'scripts-rooms',
      'Scripts install and hand over; they know no room.',
      { path: '^scripts/' },
      { path: '^(src|sync-server)/' },
    ),
    forbid(
      'scripts-packages',
      'Scripts run before anything is installed. Only the builder of the content packs, which never runs then, may use the pinyin table.',
      { path: '^scripts/', pathNot: '^scripts/build-content[.]js$' },
      { dependencyTypes: outside.filter((type) => type !== 'core') },
    ),
    forbid(
      'nobody-imports-tests',
      'Nothing that runs in earnest knows the tests.',
      { path: '^(src|sync-server|scripts)/' },
      { path: '^tests/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data|coverage|[.]cache)/' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.vue', '.json', '.css', '.mjs', '.cjs', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
    skipAnalysisNotInRules: true,
  },
}
