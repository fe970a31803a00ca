import { check } from './checker/check.js';
import { Tale } from './tale.js';
import { ada, objections, visitor } from './told.js';

const OWN = { user: 'ada' } as const;

describe('a valid history', () => {
  it('a valid history is accepted', () => {
    const tale = visitor()
      .read('v', { fields: { shared: 'one' } })
      .write('v', 'two')
      .increment('v', 1)
      .regenerate('v', 'w')
      .read('v', { standing: 'dead' })
      .read('w', { fields: { shared: 'two', count: 1 } })
      .signIn('ada', 'a', { session: 'w', keeps: true, fields: { own: 'own' } })
      .read('a', { user: 'ada', fields: { shared: 'two', own: 'own', count: 1 } })
      .increment('a', 2)
      .sample([{ id: 'a', user: 'ada' }])
      .step({ f: 'list', user: 'ada', sessions: ['a'] })
      .signOut('a')
      .read('a', { standing: 'dead' })
      .sample([], { isFinal: true });
    expect(check(tale.history)).toEqual({ violations: [], losses: [] });
  });

  it('concurrent operations are accepted in any order', () => {
    const tale = visitor()
      .write('v', 'two', 'ok', [20, 40])
      .write('v', 'three', 'ok', [20, 40])
      .read('v', { fields: { shared: 'three' } }, [30, 35])
      .read('v', { fields: { shared: 'two' } }, [50, 51])
      .read('v', { fields: { shared: 'two' } }, [52, 53]);
    expect(objections(tale)).toEqual([]);
  });

  it.each(['two', 'one'])('either outcome of a write of unknown outcome is accepted: %s', (shared) => {
    const tale = visitor().write('v', 'two', 'info').wait(50).read('v', { fields: { shared } });
    expect(objections(tale)).toEqual([]);
  });

  it('a session may live or have ended after an operation of unknown outcome', () => {
    expect(objections(ada().signOut('a', 'info').read('a', { standing: 'dead' }))).toEqual([]);
    expect(objections(ada().signOut('a', 'info').read('a', OWN))).toEqual([]);
    expect(objections(ada().signIn('ada', null, {}, 'info').read('a', { standing: 'dead' }))).toEqual([]);
  });

  it('a session may have expired', () => {
    const short = { timeouts: { idleMs: 100, absoluteMs: 200 } };
    const tale = new Tale().signIn('ada', 'a', short).wait(150).read('a', { standing: 'dead' });
    expect(objections(tale)).toEqual([]);
  });

  it('a previous token may stay valid if the store could not be notified of its successor', () => {
    const tale = ada()
      .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
      .read('a', { ...OWN, token: 'new', isUnconfirmed: true })
      .wait(2_000)
      .read('a', { ...OWN, token: 'old' });
    expect(objections(tale)).toEqual([]);
  });

  it('the second of two sign-ins with one session may find no session', () => {
    const tale = ada()
      .write('a', 'two')
      .signIn('ada', 'b', { session: 'a', keeps: true })
      .signIn('ada', 'c', { session: 'a', keeps: true })
      .read('b', { ...OWN, fields: { shared: 'two' } })
      .read('c', OWN);
    expect(objections(tale)).toEqual([]);
  });
});

describe('losses that a fault explains', () => {
  const lostWrite = (tale: Tale) => tale.read('v', { fields: { shared: 'one' } });

  it('a write that a fault lost counts as a loss, not as a violation', () => {
    const { violations, losses } = check(lostWrite(visitor().write('v', 'two').fault(20)).history);
    expect(violations).toEqual([]);
    expect(losses).toMatchObject([{ step: { f: 'write', fields: { shared: 'two' } }, isForGood: true }]);
  });

  it('a fault can lose sign-outs, increments and sessions', () => {
    const tales = [
      ada().signOut('a').fault(20).read('a', OWN),
      visitor()
        .increment('v', 1)
        .fault(20)
        .read('v', { fields: { shared: 'one' } }),
      ada().fault(20).read('a', { standing: 'dead' }),
    ];
    const verdicts = tales.map((tale) => check(tale.history));
    expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
    expect(verdicts.flatMap(({ losses }) => losses.map(({ step }) => step.f))).toEqual([
      'sign-out',
      'increment',
      'sign-in',
    ]);
  });

  it('a fault that cannot lose writes excuses no loss', () => {
    expect(objections(lostWrite(visitor().write('v', 'two').fault(null)))).toEqual(['I4']);
  });

  it('a write from long before the fault cannot be lost', () => {
    expect(objections(lostWrite(visitor().write('v', 'two').wait(100).fault(20)))).toEqual(['I4']);
  });

  it('a write that was missing before the fault is a violation', () => {
    expect(objections(lostWrite(visitor().write('v', 'two')).fault(1_000))).toEqual(['I4']);
  });

  it('a fault can lose only the increments of about that time', () => {
    const tale = visitor().increment('v', 1).wait(100).increment('v', 2).fault(20);
    expect(objections(tale.read('v', { fields: { shared: 'one', count: 0 } }))).toEqual(['I4']);
  });

  it('a number that a sign-in took over can be lost together with later increments', () => {
    const begun = () =>
      visitor().increment('v', 1).wait(100).signIn('ada', 'a', { session: 'v', keeps: true });
    const missed = (tale: Tale) => tale.read('a', { ...OWN, fields: { shared: 'one' } });
    const { violations, losses } = check(missed(begun().increment('a', 2).fault(30)).history);
    expect(violations).toEqual([]);
    expect(losses.map(({ step }) => step.f).sort()).toEqual(['increment', 'sign-in']);
    expect(objections(missed(begun().increment('a', 2).wait(100).fault(20)))).toEqual(['I4']);
    // The loss of the number that was taken over does not explain the loss of later increments.
    expect(objections(missed(begun().fault(20).wait(100).increment('a', 2)))).toEqual(['I4']);
  });

  it('a fault excuses neither a session above the limit nor a value of another session', () => {
    const four = ['a', 'b', 'c', 'd'].map((id) => ({ id, user: 'ada' }));
    expect(objections(new Tale().fault(1_000).sample(four))).toEqual(['I3']);
    const other = visitor().create('w', { shared: 'two' }).fault(1_000);
    expect(objections(other.read('v', { fields: { shared: 'two' } }))).toContain('I5');
  });
});
