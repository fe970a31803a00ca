import { Tale } from './tale.js';
import { ada, objections, visitor } from './told.js';

const OWN = { user: 'ada' } as const;

describe('I1: an ended session stays ended', () => {
  it.each([
    ['a sign-out', { f: 'sign-out', session: 'a' }],
    ['a revocation', { f: 'revoke', session: 'a', found: true }],
    ['an eviction', { f: 'sign-in', user: 'ada', to: 'b', evicted: ['a'] }],
    ['a revocation of all', { f: 'revoke-all', user: 'ada', except: null, ended: ['a'] }],

    ['a revocation of all that omitted it', { f: 'revoke-all', user: 'ada', except: null, ended: [] }],
  ] as const)('the checker reports a session that is read after %s', (_name, end) => {
    const tale = ada();
    if (end.f === 'sign-in') tale.signIn('ada', 'b', end);
    else tale.step(end);
    expect(objections(tale.read('a', OWN))).toEqual(['I1']);
  });

  it('the checker reports a write that is acknowledged after the end of its session', () => {
    expect(objections(visitor().signOut('v').write('v', 'two'))).toEqual(['I1']);
  });

  it('the checker reports a key in Redis of an ended session, even if no client has read it', () => {
    expect(
      objections(
        visitor()
          .signOut('v')
          .sample([{ id: 'v' }]),
      ),
    ).toEqual(['I1']);
  });

  it('the checker reports a list that contains an ended session', () => {
    expect(
      objections(
        ada()
          .signOut('a')
          .step({ f: 'list', user: 'ada', sessions: ['a'] }),
      ),
    ).toEqual(['I1']);
  });
});

describe('I2: a replaced token is invalid', () => {
  it('the checker reports a valid token that a regeneration has replaced', () => {
    expect(
      objections(
        visitor()
          .regenerate('v', 'w')
          .read('v', { fields: { shared: 'one' } }),
      ),
    ).toContain('I2');
  });

  it('the checker reports a valid token that a sign-in has replaced', () => {
    const tale = visitor()
      .signIn('ada', 'a', { session: 'v', keeps: true })
      .read('v', { fields: { shared: 'one' } });
    expect(objections(tale)).toContain('I2');
  });

  it('the checker reports a rotated token that is valid after its grace period', () => {
    const tale = ada()
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
      .read('a', { ...OWN, token: 'new' })
      .wait(2_000)
      .read('a', { ...OWN, token: 'old' });
    expect(objections(tale)).toEqual(['I2']);
  });

  it('the checker reports two parallel rotations with different successors', () => {
    const tale = ada()
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'newer' });
    expect(objections(tale)).toEqual(['I2']);
  });
});

describe('I3: the limit holds', () => {
  it('the checker reports more live sessions than the limit at any moment', () => {
    const four = ['a', 'b', 'c', 'd'].map((id) => ({ id, user: 'ada' }));
    expect(objections(new Tale().sample(four))).toEqual(['I3']);
    expect(objections(new Tale().sample(four.slice(1)))).toEqual([]);
  });
});

describe('I4: no update is lost', () => {
  it('the checker reports an acknowledged write that is missing', () => {
    expect(
      objections(
        visitor()
          .write('v', 'two')
          .read('v', { fields: { shared: 'one' } }),
      ),
    ).toEqual(['I4']);
  });

  it('the checker reports an acknowledged write that disappears later', () => {
    const tale = visitor()
      .write('v', 'two')
      .read('v', { fields: { shared: 'two' } })
      .read('v', { fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('the checker reports a field that disappears', () => {
    expect(objections(visitor().read('v'))).toEqual(['I4']);
  });

  it('the checker reports a rejected write that was stored', () => {
    const tale = visitor()
      .refused({ f: 'write', session: 'v', fields: { shared: 'two' } })
      .read('v', { fields: { shared: 'two' } });
    expect(objections(tale)).not.toEqual([]);
  });

  it('the checker reports a write that is read before it was requested', () => {
    const tale = visitor()
      .read('v', { fields: { shared: 'two' } })
      .write('v', 'two');
    expect(objections(tale)).toContain('I4');
  });

  it('the checker reports a lost increment', () => {
    const tale = visitor().increment('v', 1).increment('v', 2);
    expect(objections(tale.read('v', { fields: { shared: 'one', count: 1 } }))).toEqual(['I4']);
  });

  it('the checker reports two increments that returned the same sum', () => {
    expect(objections(visitor().increment('v', 1).increment('v', 1))).toEqual(['I4']);
  });

  it('the checker reports an increment that counts twice', () => {
    const tale = visitor().increment('v', null, 'info');
    expect(objections(tale.read('v', { fields: { shared: 'one', count: 2 } }))).toEqual(['I4']);
  });

  it('the checker reports a field that a regeneration drops', () => {
    expect(objections(visitor().regenerate('v', 'w').read('w'))).toEqual(['I4']);
  });

  it('the checker reports an increment that a sign-in drops', () => {
    const tale = visitor()
      .increment('v', 1)
      .signIn('ada', 'a', { session: 'v', keeps: true })
      .read('a', { user: 'ada', fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('the checker reports a write of a sign-in that an older write overwrites', () => {
    const tale = visitor()
      .signIn('ada', 'a', { session: 'v', keeps: true, fields: { shared: 'two' } })
      .read('a', { user: 'ada', fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it.each([
    ['a request', (tale: Tale) => tale.read('a', { standing: 'dead' })],

    ['a rejected write', (tale: Tale) => tale.refused({ f: 'touch', session: 'a' })],
    ['a list', (tale: Tale) => tale.step({ f: 'list', user: 'ada', sessions: [] })],

    ['a sample of Redis', (tale: Tale) => tale.sample([])],
  ])('the checker reports a session that is missing without an end, as %s shows', (_name, look) => {
    expect(objections(look(ada()))).toEqual(['I4']);
  });

  it('the checker reports a token that is rejected although its successor was never presented', () => {
    const tale = ada()
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
      .read('a', { ...OWN, token: 'old', standing: 'superseded' });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('the checker reports an issued token that is treated as forged', () => {
    expect(objections(ada().read('a', { ...OWN, standing: 'none' }))).toEqual(['I4']);
  });
});

describe('I5: sessions are isolated', () => {
  it('the checker reports a value of another session', () => {
    const tale = visitor()
      .create('w', { shared: 'two' })
      .read('v', { fields: { shared: 'two' } });
    expect(objections(tale)).toContain('I5');
  });

  it('the checker reports a value that was never written', () => {
    expect(objections(visitor().read('v', { fields: { shared: 'what' } }))).toContain('I5');
  });

  it('the checker reports a session of another user', () => {
    expect(objections(ada().read('a', { user: 'bob' }))).toEqual(['I5']);
  });
});

describe('I6: every key and session expires', () => {
  it('the checker reports a key without an expiry', () => {
    expect(objections(new Tale().sample([{ ttlMs: -1 }]))).toEqual(['I6']);
    expect(objections(new Tale().sample([], { strays: ['session:{abc}:gone:x'] }))).toEqual(['I6']);
  });

  it('the checker reports a key that outlives the absolute end or the idle timeout', () => {
    expect(objections(new Tale().sample([{ ttlMs: 1_500, absoluteRestMs: 1_000 }]))).toEqual(['I6']);
    expect(objections(new Tale().sample([{ ttlMs: 1_500, idleMs: 1_000 }]))).toEqual(['I6']);
  });

  it('the checker reports a session that is read after its absolute end', () => {
    const short = { timeouts: { idleMs: 100, absoluteMs: 200 } };
    const tale = new Tale().signIn('ada', 'a', short).regenerate('a', 'b').wait(250).read('b', OWN);
    expect(objections(tale)).toEqual(['I6']);
  });
});

describe('I7: the index is correct', () => {
  it('the checker reports a live session that is missing in the index of its user', () => {
    expect(objections(new Tale().sample([{ user: 'ada' }], { indexes: [] }))).toEqual(['I7']);
  });

  it('the checker reports an ended session in an index once the system is quiet', () => {
    const indexes = [{ user: 'ada', sessions: ['a'] }];
    expect(objections(new Tale().sample([], { indexes, isFinal: true }))).toEqual(['I7']);
    expect(objections(new Tale().sample([], { indexes }))).toEqual([]);
  });
});

describe('I8 and I9: calls settle in time and processes stay healthy', () => {
  it.each(['late', 'unsettled'] as const)('the checker reports a step that is %s', (kind) => {
    expect(objections(new Tale().incident(kind))).toEqual(['I8']);
  });

  it.each(['unhandled', 'unexpected-error', 'exit'] as const)(
    'the checker reports the incident %s',
    (kind) => {
      expect(objections(new Tale().incident(kind))).toEqual(['I9']);
    },
  );
});
