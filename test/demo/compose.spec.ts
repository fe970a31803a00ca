import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { freePort } from '../support/redis-server.js';

const ROOT = join(import.meta.dirname, '../..');
const PORT_IN_CONTAINER = '3000';

interface Service {
  readonly environment: Readonly<Record<string, unknown>>;
  readonly healthcheck: Readonly<Record<string, unknown>> & { readonly test: readonly string[] };
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly unknown[];
  readonly command?: unknown;
  readonly depends_on?: unknown;
}

const { services, volumes } = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>> &
    Readonly<Record<'redis' | 'demo' | 'haproxy', Service>>;
  readonly volumes: object;
};

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const text = expect.any(String) as string;

function strings(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
}

describe('docker-compose.yml', () => {
  it('a plain start has the services redis and demo, and the profile "balanced" has the others', () => {
    const inProfile = (profile: string | undefined) =>
      Object.keys(services).filter((name) => services[name]?.profiles?.[0] === profile);
    expect(inProfile(undefined)).toEqual(['redis', 'demo']);
    expect(inProfile('balanced')).toEqual([
      ...['redis-replica', 'sentinel-1', 'sentinel-2', 'sentinel-3'],
      ...['app-1', 'app-2', 'app-3', 'haproxy'],
    ]);
    expect(volumes).toEqual({ 'redis-data': null, 'replica-data': null });
  });

  it('every service depends on services of the file', () => {
    const needed = Object.values(services).flatMap(({ depends_on: needs }) => Object.keys(needs ?? {}));
    expect(needed.length).toBeGreaterThan(10);
    expect(needed.filter((name) => !(name in services))).toEqual([]);
  });

  it('haproxy gets each variable of its configuration, and the configuration itself', () => {
    const config = read('apps/demo/haproxy.cfg');
    const variables = [...config.matchAll(/"\$\{(\w+)\}"/g)].map(([, name]) => name as string);
    expect(Object.keys(services.haproxy.environment).sort()).toEqual(variables.sort());
    expect(services.haproxy.volumes?.[0]).toMatch(/^\.\/apps\/demo\/haproxy\.cfg:.*:ro$/);
    expect(services.haproxy.ports).toEqual(['127.0.0.1:${HTTPS_PORT:-8443}:8443']);
  });

  it.each(Object.entries(services).filter(([name]) => name !== 'haproxy'))(
    'the service %s has values of the types that Compose accepts',
    (_name, service) => {
      expect(service.healthcheck).toMatchObject({
        interval: text,
        timeout: text,
        retries: expect.any(Number) as number,
      });
      expect(strings(service.healthcheck.test)).toBe(true);
      expect(service.healthcheck.test[0]).toMatch(/^CMD(-SHELL)?$/);
      for (const value of Object.values(service.environment)) expect(typeof value).toBe('string');
      for (const list of [service.command, service.ports].filter((list) => list !== undefined)) {
        expect(strings(list)).toBe(true);
      }
    },
  );

  it('the Compose file publishes the demo on the loopback address only, and enables the lab there', () => {
    expect(services.demo.ports).toEqual([`127.0.0.1:\${PORT:-3000}:${PORT_IN_CONTAINER}`]);
    expect(services.demo.environment).toMatchObject({ PORT: PORT_IN_CONTAINER, DEMO_LAB: '${DEMO_LAB:-on}' });
    expect(services.redis.ports).toBeUndefined();
  });

  it('the demo starts when Redis is healthy', () => {
    expect(services.demo.depends_on).toEqual({ redis: { condition: 'service_healthy' } });
  });

  describe('health check of the demo', () => {
    const [, , ...nodeArguments] = services.demo.healthcheck.test;

    async function check(port: number): Promise<number> {
      const args = nodeArguments.map((argument) => argument.replace(`:${PORT_IN_CONTAINER}`, `:${port}`));
      const child = spawn(process.execPath, args, {
        env: { ...process.env, NODE_OPTIONS: '' },
        stdio: 'inherit',
      });
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    }

    it.each([
      [200, 0],
      [503, 1],
    ])('the health check of the demo exits on status %i with code %i', async (status, code) => {
      const server = createServer((request, response) => {
        response.writeHead(request.url === '/health' ? status : 404).end();
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      expect(await check((server.address() as AddressInfo).port)).toBe(code);
      server.close();
    });

    it('the health check of the demo exits with 1 when no server listens', async () => {
      expect(await check(await freePort())).toBe(1);
    });
  });
});

describe('Dockerfile', () => {
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
    paths.split(' '),
  );
  const ignored = read('.dockerignore').trim().split('\n');

  it('the Dockerfile copies files that exist and that .dockerignore does not exclude', () => {
    expect(copied).toContain('package-lock.json');
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(copied.filter((path) => ignored.includes(path.split('/')[0] as string))).toEqual([]);
  });

  it('the Dockerfile copies all inputs of the build', () => {
    const inputs = [
      ...read('scripts/setup.mjs').matchAll(/'((?:libs|apps|scripts)\/[^']+|tsconfig\.json)'/g),
    ];
    const isCopied = (input: string) => copied.some((path) => input === path || input.startsWith(`${path}/`));
    expect(inputs.length).toBeGreaterThan(5);
    expect(inputs.map(([, input]) => input as string).filter((input) => !isCopied(input))).toEqual([]);
  });
});
