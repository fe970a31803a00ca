// `npm run start:balanced`: haproxy with TLS, three processes of the demo, Redis with replicas and Sentinels, without Docker.
import { once } from 'node:events';
import { BalancedSite } from './site.js';

const port = process.env['PORT'];
const site = await BalancedSite.start(port ? { port: Number(port) } : {});
console.log(`The demo is running at ${site.url}, behind haproxy. Its certificate is its own, so a browser warns once.
  Processes: ${site.apps.map((app) => `127.0.0.1:${app.port}`).join(', ')}
  Redis: ${site.redis.nodes.map((node) => `127.0.0.1:${node.port}`).join(', ')}; Sentinels: ${site.redis.target.sentinels.map((each) => each.port).join(', ')}
  Enter restarts the processes one after another. To stop it, press Ctrl-C.`);

process.stdin.on('data', () => {
  void site.restartInTurn().then(
    () => console.log('  All three processes are new.'),
    (error: unknown) => console.error(error),
  );
});
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
process.stdin.destroy();
await site.stop();
