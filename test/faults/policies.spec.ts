import type { OutagePolicy } from 'nestjs-redis-session';
import { recordFault } from './support/record.js';
import { DEADLINE_MS, SLACK_MS, useSite } from './support/site.js';
import { UNAVAILABLE } from './support/visitor.js';

describe.each<OutagePolicy>(['fail', 'anonymous'])('faults by policy: %s', (policy) => {
  const holder = useSite({ session: { outage: { policy } } });

  test('guards reject every request, nothing is written, and no sign-out is confirmed, whatever the policy [F47]', async () => {
    const visitors = await holder.site.signedIn();
    await visitors.put('/cart/kite');
    visitors.restartClock();
    await holder.site.proxy.refuse();
    const strangers = holder.site.visitors();

    expect(await visitors.get('/account')).toEqual(UNAVAILABLE);
    const looking = await visitors.get('/cart');
    if (policy === 'fail') expect(looking).toEqual(UNAVAILABLE);
    else expect(looking).toMatchObject({ status: 200, body: { cart: null }, cookie: 'unchanged' });
    for (const [method, path] of [
      ['PUT', '/cart/boat'],
      ['POST', '/visits'],
      ['POST', '/regenerate'],
      ['POST', '/sign-in/bob'],
      ['POST', '/sign-out'],
    ] as const) {
      expect({ path, ...(await visitors.send(method, path)) }).toEqual({ path, ...UNAVAILABLE });
    }
    expect((await strangers.get('/account')).status).toBe(401);
    expect((await strangers.get('/cart')).status).toBe(200);
    expect(await strangers.put('/cart/boat')).toEqual(UNAVAILABLE);
    expect((await visitors.get('/prices')).status).toBe(200);
    expect(visitors.slowestMs).toBeLessThan(DEADLINE_MS + SLACK_MS);
    await holder.site.proxy.pass();
    const recoveryMs = await visitors.recover();

    expect((await visitors.get('/cart')).body).toEqual({ cart: 'kite' });
    const client = '503; with `anonymous` reads are anonymous. Guards and writes: always 503';
    recordFault('F47', { client, slowestMs: visitors.slowestMs, recoveryMs });
  });
});
