import { hasNotRun, isOutage, redisErrorCode, toStoreError } from './redis-error.js';

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

/** As Redis 6.2.16 answers, where later versions put the code first. */
const wrapped = (inner: string) =>
  reply(
    `ERR Error running script (call to f_7829effcb2fe72eb30b7f91ade9dd54699db428a): @user_script:12: ${inner}`,
  );

describe('the code of an error that Redis answered', () => {
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
    [null, new Error('READONLY, says somebody else')],
  ])('is %s', (code, error) => {
    expect(redisErrorCode(error)).toBe(code);
  });

  it('decides alike whether it stands first or inside the error of a script', () => {
    const readOnly = wrapped("@user_script: 12: -READONLY You can't write against a read only replica.");
    expect([hasNotRun(readOnly), isOutage(readOnly)]).toEqual([true, false]);
    const full = wrapped("@user_script: 12: -OOM command not allowed when used memory > 'maxmemory'.");
    expect(toStoreError('sign a user in', full).name).toBe('SessionMisconfiguredError');
  });
});
