import { CircuitOpenError } from './circuit-breaker.js';
import { withoutCommand } from './ioredis-internals.js';
import {
  hasNotRun,
  isOutage,
  NotConnectedError,
  OTHER_TYPE,
  otherTypeOf,
  redisErrorCode,
  refusesWrites,
  toStoreError,
} from './redis-error.js';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

/** Returns an error in the form of Redis 6.2.16; later versions put the code first. */
const wrapped = (inner: string) =>
  reply(
    `ERR Error running script (call to f_7829effcb2fe72eb30b7f91ade9dd54699db428a): @user_script:12: ${inner}`,
  );

describe('the code of an error reply', () => {
  it.each([
    [
      'READONLY',
      reply("READONLY You can't write against a read only replica. script: 7829ef, on @user_script:1."),
    ],
    ['READONLY', wrapped("@user_script: 12: -READONLY You can't write against a read only replica.")],
    ['OOM', wrapped("@user_script: 12: -OOM command not allowed when used memory > 'maxmemory'.")],
    ['NOREPLICAS', wrapped('@user_script: 12: -NOREPLICAS Not enough good replicas to write.')],
    ['WRONGTYPE', wrapped('WRONGTYPE Operation against a key holding the wrong kind of value')],
    ['NOPERM', reply("NOPERM this user has no permissions to run the 'set' command")],
    [
      'NOPERM',
      wrapped("@user_script: 12: The user executing the script can't run this command or subcommand"),
    ],
    [
      'NOPERM',
      reply(
        "ERR The user executing the script can't access at least one of the keys script: 97, on @user_script:1.",
      ),
    ],
    [
      'NOPERM',
      reply(
        "ERR ACL failure in script: User u has no permissions to run the 'set' command script: 78, on @user_script:1.",
      ),
    ],
    ['ERR', wrapped('user_script:1: x -OOM y')],
    ['ERR', wrapped("user_script:1: attempt to index local 'a' (a nil value)")],
    ['ERR', reply('ERR DB index is out of range')],
    [null, new Error('READONLY, says another program')],
  ])('%s is read from the error', (code, error) => {
    expect(redisErrorCode(error)).toBe(code);
  });

  it('means the same at the beginning and inside the error of a script', () => {
    const readOnly = wrapped("@user_script: 12: -READONLY You can't write against a read only replica.");
    expect([hasNotRun(readOnly), isOutage(readOnly)]).toEqual([true, false]);
    const full = wrapped("@user_script: 12: -OOM command not allowed when used memory > 'maxmemory'.");
    expect(toStoreError('sign a user in', full).name).toBe('SessionMisconfiguredError');
  });
});

describe('an error of Redis', () => {
  it.each([
    ['no connection', new NotConnectedError('it is not connected'), [true, true, false]],
    ['a reply that never came', new Error('Connection is closed.'), [false, true, false]],
    ['a server that loads', reply('LOADING Redis is loading the dataset in memory'), [true, true, false]],
    ['a replica', reply("READONLY You can't write against a read only replica."), [true, false, true]],
    ['a full memory', reply("OOM command not allowed when used memory > 'maxmemory'."), [false, false, true]],
    ['a disk that fails', reply('MISCONF Redis is configured to save RDB snapshots'), [false, false, true]],
    ['a mistake', reply('WRONGTYPE Operation against a key'), [false, false, false]],
  ])('%s means: has not run, is an outage, rejects writes', (_what, error, expected) => {
    expect([hasNotRun(error), isOutage(error), refusesWrites(error)]).toEqual(expected);
  });

  it('reaches the caller without the command, whose arguments may contain a password or session data', () => {
    const error = Object.assign(reply('ERR no'), { command: { name: 'auth', args: ['secret'] } });
    expect(toStoreError('reach Redis', error).cause).not.toHaveProperty('command');
    expect(withoutCommand('a text')).toBe('a text');
  });

  it('says that the store was not reached if the circuit breaker is open', () => {
    const open = toStoreError('load a session', new CircuitOpenError());
    expect([open.wasAsked, toStoreError('load a session', new Error('x')).wasAsked]).toEqual([false, true]);
  });

  it('becomes a value of its own only if the key holds another type', () => {
    expect(otherTypeOf(reply('WRONGTYPE Operation against a key'))).toBe(OTHER_TYPE);
    expect(() => otherTypeOf(reply('ERR no'))).toThrow('ERR no');
  });
});
