// @fastify/session with connect-redis, set up as both recommend. The routes are those of this repository's demo.
import process from 'node:process';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { RedisStore } from 'connect-redis';
import Fastify from 'fastify';
import { createClient } from 'redis';

const client = await createClient({ url: process.env.REDIS_URL }).connect();
const app = Fastify();
await app.register(fastifyCookie);
await app.register(fastifySession, {
  store: new RedisStore({ client }),
  secret: 'a secret that signs the cookies of a measurement',
  saveUninitialized: false,
  cookie: { secure: false },
});

app.put('/api/data/:key', (request) => {
  request.session.set(request.params.key, request.body.value);
  return Promise.resolve({ [request.params.key]: request.body.value });
});
app.get('/api/data', (request) => {
  const { cookie, ...fields } = JSON.parse(JSON.stringify(request.session));
  return Promise.resolve(fields);
});

console.log(await app.listen({ port: 0, host: '127.0.0.1' }));
