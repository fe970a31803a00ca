// The results as sentences, for pages where a table would be too much.

const PEERS = { express: 'express-session', fastify: 'fastify-session' };

/** Returns the chart with its figures in words, and what they mean. */
export function summary(requests) {
  const ratioOf = (name, adapter) => find(requests, name, adapter).throughputRatio.toFixed(2);
  const [express, fastify] = ['express', 'fastify'].map((adapter) => ({
    strict: ratioOf('strict', adapter),
    cached: ratioOf('cached', adapter),
    peer: ratioOf(PEERS[adapter], adapter),
  }));
  const alt =
    'Throughput of a signed-in request, relative to the same application without sessions. nestjs-redis-session reaches ' +
    `${express.strict} on Express and ${fastify.strict} on Fastify; express-session with connect-redis ${express.peer}, ` +
    `@fastify/session with connect-redis ${fastify.peer}.`;
  return (
    `![${alt}](docs/images/performance.svg)\n\n` +
    'The green bars are this module. Each request costs one Redis command; with the cache on, almost none, and the ' +
    `throughput is ${express.cached} on Express and ${fastify.cached} on Fastify.`
  );
}

/** Compares the CPU time of sessions with that of a JSON Web Token, each over the same application without either. */
export function jwtSentence(requests) {
  if (!find(requests, 'jwt-hs256', 'express')) return null;
  const cost = (name) =>
    ['express', 'fastify']
      .map((adapter) => {
        const [row, none] = [find(requests, name, adapter), find(requests, 'none', adapter)];
        return Math.round(row.cpuMicrosPerRequest - none.cpuMicrosPerRequest);
      })
      .join(' and ');
  return (
    `A token is not free either. In CPU time per request, on Express and Fastify, a session costs ${cost('strict')} µs, with the ` +
    `in-process cache ${cost('cached')} µs; a token verified by \`@nestjs/jwt\` costs ${cost('jwt-hs256')} µs (HS256) or ` +
    `${cost('jwt-es256')} µs (ES256), and by \`jose\` ${cost('jwt-jose')} µs (HS256).`
  );
}

function find(requests, name, adapter) {
  return requests.find((row) => row.name === name && row.adapter === adapter);
}
