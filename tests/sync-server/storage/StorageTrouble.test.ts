import { describe, expect, it } from 'vitest'
import {
  namePostgresError,
  nameSqliteError,
  StatementFault,
  StorageTrouble,
} from '../../../sync-server/storage/StorageTrouble.ts'

const sqliteError = (errcode: number) => Object.assign(new Error('said SQLite'), { code: 'ERR_SQLITE_ERROR', errcode })
const postgresError = (code: string) => Object.assign(new Error('said PostgreSQL'), { code, severity: 'ERROR' })
const socketError = (code: string) => Object.assign(new Error('said the socket'), { code, syscall: 'write' })

describe('trouble is told from faults, because only a fault takes a batch apart', () => {
  it.each([
    ['SQLITE_BUSY', sqliteError(5), 'StorageTrouble', 'busy', true],
    ['SQLITE_BUSY_SNAPSHOT', sqliteError(517), 'StorageTrouble', 'busy', true],
    ['SQLITE_LOCKED', sqliteError(6), 'StorageTrouble', 'busy', true],
    ['SQLITE_READONLY', sqliteError(8), 'StorageTrouble', 'read_only', false],
    ['SQLITE_IOERR_READ', sqliteError(266), 'StorageTrouble', 'io', false],
    ['SQLITE_IOERR_SHMSIZE', sqliteError(4874), 'StorageTrouble', 'disk_full', false],
    ['SQLITE_CORRUPT', sqliteError(11), 'StorageTrouble', 'corrupt', false],
    ['SQLITE_FULL', sqliteError(13), 'StorageTrouble', 'disk_full', false],
    ['SQLITE_CANTOPEN', sqliteError(14), 'StorageTrouble', 'cannot_open', false],
    ['SQLITE_NOTADB', sqliteError(26), 'StorageTrouble', 'corrupt', false],
    ['SQLITE_CONSTRAINT_PRIMARYKEY', sqliteError(1555), 'StatementFault', 'not_unique', undefined],
    ['SQLITE_CONSTRAINT_UNIQUE', sqliteError(2067), 'StatementFault', 'not_unique', undefined],
    ['SQLITE_CONSTRAINT_NOTNULL', sqliteError(1299), 'StatementFault', 'sql', undefined],
    ['SQLITE_ERROR', sqliteError(1), 'StatementFault', 'sql', undefined],
    [
      'a closed handle',
      Object.assign(new Error('x'), { code: 'ERR_INVALID_STATE' }),
      'StorageTrouble',
      'closed',
      false,
    ],
    ['a bug of ours', new TypeError('x is not a function'), 'StatementFault', 'sql', undefined],
  ])('SQLite: %s', (_name, error, name, code, retryable) => {
    const named = nameSqliteError(error)
    expect(named).toMatchObject({ name, code, cause: error })
    expect('retryable' in named ? named.retryable : undefined).toBe(retryable)
  })

  it.each([
    ['serialization_failure', postgresError('40001'), 'StorageTrouble', 'conflict', true],
    ['deadlock_detected', postgresError('40P01'), 'StorageTrouble', 'conflict', true],
    ['connection_failure', postgresError('08006'), 'StorageTrouble', 'unreachable', true],
    ['admin_shutdown', postgresError('57P01'), 'StorageTrouble', 'unreachable', true],
    ['cannot_connect_now', postgresError('57P03'), 'StorageTrouble', 'unreachable', true],
    ['too_many_connections', postgresError('53300'), 'StorageTrouble', 'unreachable', true],
    ['lock_not_available', postgresError('55P03'), 'StorageTrouble', 'busy', true],
    ['query_canceled', postgresError('57014'), 'StorageTrouble', 'busy', true],
    ['disk_full', postgresError('53100'), 'StorageTrouble', 'disk_full', false],
    ['read_only_sql_transaction', postgresError('25006'), 'StorageTrouble', 'read_only', false],
    ['io_error', postgresError('58030'), 'StorageTrouble', 'io', false],
    ['data_corrupted', postgresError('XX001'), 'StorageTrouble', 'corrupt', false],
    ['unique_violation', postgresError('23505'), 'StatementFault', 'not_unique', undefined],
    ['untranslatable_character', postgresError('22P05'), 'StatementFault', 'bad_text', undefined],
    ['undefined_table', postgresError('42P01'), 'StatementFault', 'sql', undefined],
    ['EPIPE, five letters but no SQLSTATE', socketError('EPIPE'), 'StorageTrouble', 'unreachable', true],
    ['ECONNREFUSED', socketError('ECONNREFUSED'), 'StorageTrouble', 'unreachable', true],
    ['pg without any code', new Error('Connection terminated unexpectedly'), 'StorageTrouble', 'unreachable', true],
  ])('PostgreSQL: %s', (_name, error, name, code, retryable) => {
    const named = namePostgresError(error)
    expect(named).toMatchObject({ name, code, cause: error })
    expect('retryable' in named ? named.retryable : undefined).toBe(retryable)
  })

  it('what has a name keeps it', () => {
    const trouble = new StorageTrouble('busy', 'x')
    const fault = new StatementFault('bad_text', 'x')
    expect([nameSqliteError(trouble), namePostgresError(fault)]).toEqual([trouble, fault])
    expect(trouble.message).toBe('busy: x')
  })
})
