import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { VERBS } from '../../src/domain/verbs.ts'
import { enrolRequest, enterRequest } from '../../src/protocol/enrolment.ts'
import { PROBLEMS } from '../../src/protocol/problem.ts'
import { syncRequest } from '../../src/protocol/sync.ts'

const shape = (schema: GenericSchema) =>
  toJsonSchema(schema, { errorMode: 'ignore', target: 'draft-2020-12', typeMode: 'input' })

const post = (summary: string, schema: GenericSchema) => ({
  post: {
    summary,
    requestBody: { required: true, content: { 'application/json': { schema: shape(schema) } } },
    responses: {
      200: { description: 'OK' },
      default: { description: 'A coded problem', content: { 'application/problem+json': {} } },
    },
  },
})
const get = (summary: string) => ({ get: { summary, responses: { 200: { description: 'OK' } } } })

/** `GET /api/openapi.json`: the envelope of every endpoint, and the arguments of every verb, made from their schemas. */
export function openapi() {
  const verbs = Object.fromEntries(Object.entries(VERBS).map(([verb, { args }]) => [verb, shape(args)]))
  return {
    openapi: '3.1.0',
    info: { title: 'Qiaomen', version: '1' },
    paths: {
      '/api/sync': post('Commands up, answers and changes down', syncRequest),
      '/api/enrol': post('Ask to join with an invitation', enrolRequest),
      '/api/enter': post('Use a one-time link of the operator', enterRequest),
      '/api/me': get('Who this device is'),
      '/api/recovery': get('For an officer: what a restore left open'),
      '/api/live': get('Server-sent pokes, never data'),
      '/healthz': get('The process is up'),
      '/readyz': get('The database can be written; until when a restore is still being filled up'),
      '/metrics': get('Prometheus figures'),
    },
    components: { schemas: { verbs: { type: 'object', properties: verbs } } },
    'x-problem-codes': PROBLEMS,
  }
}
