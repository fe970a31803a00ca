import { check } from './checker/check.js';
import { Tale } from './tale.js';
import { ada, objections, visitor } from './told.js';

const STALENESS_MS = 500;
const COPY = { isCopy: true } as const;
const OWN = { ...COPY, user: 'ada' } as const;

/** A change by one process, and a later read of another process from its cache. */
const CHANGES = [
  {
    what: 'a write',
    change: (tale: Tale) => tale.write('v', 'two'),
    read: (tale: Tale) => tale.read('v', { ...COPY, fields: { shared: 'one' } }),
    begin: visitor,
    invariant: 'I4',
  },
  {
    what: 'an addition',
    change: (tale: Tale) => tale.increment('v', 1),
    read: (tale: Tale) => tale.read('v', { ...COPY, fields: { shared: 'one' } }),
    begin: visitor,
    invariant: 'I4',
  },
  {
    what: 'a sign-out',
    change: (tale: Tale) => tale.signOut('a'),
    read: (tale: Tale) => tale.read('a', OWN),
    begin: ada,
    invariant: 'I1',
  },
  {
    what: 'a revocation of all',
    change: (tale: Tale) => tale.step({ f: 'revoke-all', user: 'ada', except: null, ended: ['a'] }),
    read: (tale: Tale) => tale.read('a', OWN),
    begin: ada,
    invariant: 'I1',
  },
  {
    what: 'an eviction',
    change: (tale: Tale) => tale.signIn('ada', 'b', { evicted: ['a'] }),
    read: (tale: Tale) => tale.read('a', OWN),
    begin: ada,
    invariant: 'I1',
  },
  {
    what: 'a regeneration',
    change: (tale: Tale) => tale.regenerate('a', 'b'),
    read: (tale: Tale) => tale.read('a', OWN),
    begin: ada,
    invariant: 'I2',
  },
] as const;

describe.each(CHANGES)('a cached copy from before $what', ({ begin, change, read, invariant }) => {
  it('a copy is accepted within the bound after another process made the change', () => {
    const soon = read(
      change(begin(STALENESS_MS))
        .wait(STALENESS_MS / 2)
        .on(1),
    );
    expect(check(soon.history)).toEqual({ violations: [], losses: [] });
  });

  it('a copy is rejected after the bound', () => {
    const late = read(
      change(begin(STALENESS_MS))
        .wait(STALENESS_MS + 1)
        .on(1),
    );
    expect(new Set(objections(late))).toEqual(new Set([invariant]));
  });

  it('a copy is rejected at once if the same process made the change', () => {
    expect(new Set(objections(read(change(begin(STALENESS_MS)))))).toEqual(new Set([invariant]));
  });

  it('a copy is rejected at once if there is no cache', () => {
    const strict = begin(null);
    expect(new Set(objections(read(change(strict).on(1))))).toEqual(new Set([invariant]));
  });

  it('the change counts as lost if a failover came between', () => {
    const tale = read(
      change(begin(STALENESS_MS))
        .fault(20)
        .wait(STALENESS_MS + 1),
    );
    const { violations, losses } = check(tale.history);
    expect(violations).toEqual([]);
    expect(losses).toHaveLength(1);
  });
});

describe('the checker with a cache', () => {
  it('the checker reports a read from Redis that misses an acknowledged write', () => {
    const tale = visitor(STALENESS_MS)
      .write('v', 'two')
      .on(1)
      .read('v', { fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('the checker reports a cached copy that is older than an earlier read from Redis', () => {
    const tale = visitor(STALENESS_MS)
      .write('v', 'two', 'info')
      .on(1)
      .read('v', { fields: { shared: 'two' } })
      .wait(STALENESS_MS + 1)
      .read('v', { ...COPY, fields: { shared: 'one' } });
    expect(objections(tale)).toEqual(['I4']);
  });

  it('the checker reports a copy that outlives its session', () => {
    const short = { timeouts: { idleMs: 100, absoluteMs: 200 } };
    const tale = new Tale({ stalenessMs: STALENESS_MS }).signIn('ada', 'a', short).wait(250).read('a', OWN);
    expect(objections(tale)).toEqual(['I6']);
  });

  it('the checker reports a previous token that a cache accepts after the grace period and the staleness bound', () => {
    const rotated = () =>
      ada(STALENESS_MS)
        .step({ f: 'rotate', session: 'a', token: 'old', to: 'new' })
        .read('a', { ...OWN, token: 'new' });
    expect(
      objections(
        rotated()
          .wait(1_200)
          .read('a', { ...OWN, token: 'old' }),
      ),
    ).toEqual([]);
    expect(
      objections(
        rotated()
          .wait(2_000)
          .read('a', { ...OWN, token: 'old' }),
      ),
    ).toEqual(['I2']);
  });

  it("the checker reports another session's value, even in a copy", () => {
    const tale = visitor(STALENESS_MS)
      .create('w', { shared: 'two' })
      .read('v', { ...COPY, fields: { shared: 'two' } });
    expect(objections(tale)).toContain('I5');
  });
});
