import { Tale } from './tale.js';
import { ada, objections, visitor } from './told.js';

const OWN = { user: 'ada' } as const;

describe('I1: the checker objects to a session that is seen after its end', () => {
  it.each([
    ['a sign-out', { f: 'sign-out', session: 'a' }],
    ['a revocation', { f: 'revoke', session: 'a', found: true }],
    ['an eviction', { f: 'sign-in', user: 'ada', to: 'b', evicted: ['a'] }],
    ['a revocation of all', { f: 'revoke-all', user: 'ada', except: null, ended: ['a'] }],
    ['a revocation of all that has missed it', { f: 'revoke-all', user: 'ada', except: null, ended: [] }],
  ] as const)('reports an end by %s', (_name, end) => {
    const tale = ada();
    if (end.f === 'sign-in') tale.signIn('ada', 'b', end);
    else tale.step(end);
    expect(objections(tale.read('a', OWN))).toEqual(['I1']);
  });

  it('reports an acknowledged write', () => {
    expect(objections(visitor().signOut('v').write('v', 'two'))).toEqual(['I1']);
  });

  it('reports a key that a look at Redis finds, although no client has read it', () => {
    expect(
      objections(
        visitor()
          .signOut('v')
          .sample([{ id: 'v' }]),
      ),
    ).toEqual(['I1']);
  });

  it('reports a list that contains the session', () => {
    expect(
      objections(
        ada()
          .signOut('a')
          .step({ f: 'list', user: 'ada', sessions: ['a'] }),
      ),
    ).toEqual(['I1']);
  });
});

describe('I2: the checker objects to a token that is good after it was exchanged', () => {
  it('reports a token that a regeneration has replaced', () => {
    expect(
      objections(
        visitor()
          .regenerate('v', 'w')
          .read('v', { fields: { shared: 'one' } }),
      ),
    ).toContain('I2');
  });

  it('reports a token that a sign-in has replaced', () => {
    const tale = visitor()
      .signIn('ada', 'a', { session: 'v', keeps: true })
      .read('v', { fields: { shared: 'one' } });
    expect(objections(tale)).toContain('I2');
  });

  it('reports a rotated token after its grace period', () => {
    const tale = ada()
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
      .read('a', { ...OWN, token: 'new' })
      .wait(2_000)
      .read('a', { ...OWN, token: 'old' });
    expect(objections(tale)).toEqual(['I2']);
  });

  it('reports two parallel rotations with different successors', () => {
    const tale = ada()
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'newer' });
    expect(objections(tale)).toEqual(['I2']);
  });
});

describe('I3: the checker objects to', () => {
  it('more live sessions than the limit, at any moment', () => {
    const four = ['a', 'b', 'c', 'd'].map((id) => ({ id, user: 'ada' }));
    expect(objections(new Tale().sample(four))).toEqual(['I3']);
    expect(objections(new Tale().sample(four.slice(1)))).toEqual([]);
  });
});

describe('I4: the checker objects to', () => {
  it('an acknowledged write that is not there', () => {
    expect(
      objections(
        visitor()
          .write('v', 'two')
          .read('v', { fields: { shared: 'one' } }),
      ),
    ).toEqual(['I4']);
  });

  it('an acknowledged write that is there and then is not', () => {
    const tale = visitor()
      .write('v', 'two')
      .read('v', { fields: { shared: 'two' } })
      .read('v', { fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('a field that vanishes', () => {
    expect(objections(visitor().read('v'))).toEqual(['I4']);
  });

  it('a write that was refused and is there all the same', () => {
    const tale = visitor()
      .refused({ f: 'write', session: 'v', fields: { shared: 'two' } })
      .read('v', { fields: { shared: 'two' } });
    expect(objections(tale)).not.toEqual([]);
  });

  it('a write that is read before it was asked for', () => {
    const tale = visitor()
      .read('v', { fields: { shared: 'two' } })
      .write('v', 'two');
    expect(objections(tale)).toContain('I4');
  });

  it('an addition that is lost', () => {
    const tale = visitor().increment('v', 1).increment('v', 2);
    expect(objections(tale.read('v', { fields: { shared: 'one', count: 1 } }))).toEqual(['I4']);
  });

  it('two additions that gave the same sum', () => {
    expect(objections(visitor().increment('v', 1).increment('v', 1))).toEqual(['I4']);
  });

  it('an addition that counts twice', () => {
    const tale = visitor().increment('v', null, 'info');
    expect(objections(tale.read('v', { fields: { shared: 'one', count: 2 } }))).toEqual(['I4']);
  });

  it('a field that a regeneration drops', () => {
    expect(objections(visitor().regenerate('v', 'w').read('w'))).toEqual(['I4']);
  });

  it('an addition that a sign-in drops', () => {
    const tale = visitor()
      .increment('v', 1)
      .signIn('ada', 'a', { session: 'v', keeps: true })
      .read('a', { user: 'ada', fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('a write of a sign-in that an older one displaces', () => {
    const tale = visitor()
      .signIn('ada', 'a', { session: 'v', keeps: true, fields: { shared: 'two' } })
      .read('a', { user: 'ada', fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it.each([
    ['a request', (tale: Tale) => tale.read('a', { standing: 'dead' })],
    ['a refused write', (tale: Tale) => tale.refused({ f: 'touch', session: 'a' })],
    ['a list', (tale: Tale) => tale.step({ f: 'list', user: 'ada', sessions: [] })],
    ['a look at Redis', (tale: Tale) => tale.sample([])],
  ])('a session that is gone without an end, as %s shows', (_name, look) => {
    expect(objections(look(ada()))).toEqual(['I4']);
  });

  it('a token that is refused although its successor was never seen', () => {
    const tale = ada()
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
      .read('a', { ...OWN, token: 'old', standing: 'superseded' });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('a token that was given to a client and is taken for forged', () => {
    expect(objections(ada().read('a', { ...OWN, standing: 'none' }))).toEqual(['I4']);
  });
});

describe('I5: the checker objects to', () => {
  it('reports a value of another session', () => {
    const tale = visitor()
      .create('w', { shared: 'two' })
      .read('v', { fields: { shared: 'two' } });
    expect(objections(tale)).toContain('I5');
  });

  it('reports a value that was never written', () => {
    expect(objections(visitor().read('v', { fields: { shared: 'what' } }))).toContain('I5');
  });

  it('a session that is somebody else’s', () => {
    expect(objections(ada().read('a', { user: 'bob' }))).toEqual(['I5']);
  });
});

describe('I6: the checker objects to', () => {
  it('a key that lives for ever', () => {
    expect(objections(new Tale().sample([{ ttlMs: -1 }]))).toEqual(['I6']);
    expect(objections(new Tale().sample([], { strays: ['session:{abc}:gone:x'] }))).toEqual(['I6']);
  });

  it('a key that outlives the absolute end, or the idle timeout', () => {
    expect(objections(new Tale().sample([{ ttlMs: 1_500, absoluteRestMs: 1_000 }]))).toEqual(['I6']);
    expect(objections(new Tale().sample([{ ttlMs: 1_500, idleMs: 1_000 }]))).toEqual(['I6']);
  });

  it('a session that is seen after its absolute end', () => {
    const short = { timeouts: { idleMs: 100, absoluteMs: 200 } };
    const tale = new Tale().signIn('ada', 'a', short).regenerate('a', 'b').wait(250).read('b', OWN);
    expect(objections(tale)).toEqual(['I6']);
  });
});

describe('I7: the checker objects to', () => {
  it('a live session that is not in the index of its user', () => {
    expect(objections(new Tale().sample([{ user: 'ada' }], { indexes: [] }))).toEqual(['I7']);
  });

  it('a session in an index that does not live, when all is quiet', () => {
    const indexes = [{ user: 'ada', sessions: ['a'] }];
    expect(objections(new Tale().sample([], { indexes, isFinal: true }))).toEqual(['I7']);
    expect(objections(new Tale().sample([], { indexes }))).toEqual([]);
  });
});

describe('I8 and I9: the checker objects to', () => {
  it.each(['late', 'unsettled'] as const)('reports a step that is %s', (kind) => {
    expect(objections(new Tale().incident(kind))).toEqual(['I8']);
  });

  it.each(['unhandled', 'unexpected-error', 'exit'] as const)('%s', (kind) => {
    expect(objections(new Tale().incident(kind))).toEqual(['I9']);
  });
});
