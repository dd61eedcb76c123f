/** `node --import ./plantUndeclared.ts main.ts` with UNDECLARED naming what is planted: a `route` or a `verb`. */
import { plantEdits } from '../harness/plantEdits.ts'

const get = "  app.get('/healthz', async () => ({ ok: true }))\n"
const line = "  'team/save': { roles: officers },\n"
plantEdits(
  process.env['UNDECLARED'] === 'route'
    ? [{ file: 'sync-server/server.ts', find: get, put: `${get}  app.get('/api/doors', async () => ({}))\n` }]
    : [{ file: 'src/domain/access.ts', find: line, put: '' }],
)
