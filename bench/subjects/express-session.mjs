// express-session with connect-redis, set up as both recommend. The routes are those of this repository's demo.
import process from 'node:process';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

const client = createClient({ url: process.env.REDIS_URL });
// Without a listener the first lost connection ends the process.
client.on('error', () => undefined);
await client.connect();
const app = express();
app.use(express.json());
app.use(
  session({
    store: new RedisStore({ client }),
    secret: 'a secret that signs the cookies of a measurement',
    resave: false,
    saveUninitialized: false,
  }),
);

app.put('/api/data/:key', (request, response) => {
  request.session[request.params.key] = request.body.value;
  response.json({ [request.params.key]: request.body.value });
});
app.get('/api/data', (request, response) => {
  const { cookie, ...fields } = request.session;
  response.json(fields);
});

const server = app.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
