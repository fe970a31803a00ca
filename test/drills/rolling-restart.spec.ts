import { canRunTopologies } from '../support/redis-node.js';
import { loadDuring } from './balanced/load.js';
import { BalancedSite } from './balanced/site.js';

const WITHIN_MS = 120_000;
const USERS = 8;

(canRunTopologies ? describe : describe.skip)('three processes behind haproxy with TLS', () => {
  let site: BalancedSite;

  beforeAll(async () => {
    site = await BalancedSite.start();
  }, WITHIN_MS);
  afterAll(() => site?.stop(), WITHIN_MS);

  it(
    'a rolling restart under load loses no request, signs no user out and loses no write',
    async () => {
      const figures = await loadDuring(site, USERS, () => site.restartInTurn());
      expect(figures.failures).toEqual([]);
      expect(figures.lost).toBe(0);
      expect(figures.requests).toBeGreaterThan(USERS * 3);
    },
    WITHIN_MS,
  );
});
