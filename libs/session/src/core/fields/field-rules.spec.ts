import { Application, dataOf, memoryApplication } from '../../../../../test/support/session-runtime.js';
import { sessionIdOf } from '../record/token.js';
import type { FieldRules, UnknownFields } from './field-codec.js';

/** Names `theme` alone, and ignores the members of its value that begin with an underscore. */
const rulesThat = (unknown: UnknownFields): FieldRules => ({
  unknown,
  knows: (name) => name === 'theme',
  prune: (_name, value) => {
    const members = Object.entries(value as object);
    const kept = members.filter(([member]) => !member.startsWith('_'));
    return kept.length === members.length ? value : Object.fromEntries(kept);
  },
  checkWrite: () => Promise.resolve([]),
  checkRead: (session) => {
    const unnamed = [...session.keys()].filter((name) => name !== 'theme');
    return new Map(unnamed.map((field) => [field, { field, expected: ['a named field'] }]));
  },
});

/** Stores fields without rules, and opens their session in an application that has rules. */
async function stage(unknown: UnknownFields) {
  const { app: earlier, store } = memoryApplication();
  const cookie = await earlier.clientThat((session) =>
    Object.assign(session, { theme: { hue: 1, _old: 2 }, other: 1 }),
  );
  const decoded: string[] = [];
  const { codec } = earlier.runtime;
  const decode = (text: string) => {
    decoded.push(text);
    return codec.decode(text);
  };
  const app = new Application(store, { rules: rulesThat(unknown), codec: { ...codec, decode } });
  const context = await app.request(cookie);
  const stored = async () => Object.fromEntries((await store.load(sessionIdOf(cookie)))?.fields ?? []);
  const save = async () => {
    await context.save();
    return stored();
  };
  const invalid = async () => (await app.events('invalid-data')).map(({ field }) => field);
  return { data: dataOf(context), context, save, decoded, invalid };
}

const WHOLE_THEME = '{"hue":1,"_old":2}';

describe('fields that the rules do not name', () => {
  it("'ignore' neither reads nor writes them, and leaves them in the store", async () => {
    const { data, context, save, invalid } = await stage('ignore');
    expect({ ...data }).toEqual({ theme: { hue: 1 } });
    Object.assign(data, { other: 2, added: 3 });
    expect(await save()).toEqual({ theme: WHOLE_THEME, other: '1' });
    expect(await context.update('other', (value) => [value])).toEqual([2]);
    expect(await save()).toEqual({ theme: WHOLE_THEME, other: '1' });
    expect(await invalid()).toEqual([]);
  });

  it("'ignore' stores a changed value without its ignored members", async () => {
    const { data, save } = await stage('ignore');
    data['theme'] = { hue: 1, _new: 3 };
    expect((await save())['theme']).toBe(WHOLE_THEME);
    data['theme'] = { hue: 2, _new: 3 };
    expect((await save())['theme']).toBe('{"hue":2}');
  });

  it("'refuse' reads them as absent, and reports them", async () => {
    const { data, invalid } = await stage('refuse');
    expect([data['theme'], data['other']]).toEqual([{ hue: 1, _old: 2 }, undefined]);
    expect(await invalid()).toEqual(['other']);
  });

  it("'keep' reads and writes them, and decodes each of them only when it is read", async () => {
    const { data, save, decoded, invalid } = await stage('keep');
    expect(data['theme']).toEqual({ hue: 1, _old: 2 });
    expect(decoded).not.toContain('1');
    expect(data['other']).toBe(1);
    data['other'] = 2;
    expect(await save()).toEqual({ theme: WHOLE_THEME, other: '2' });
    expect(await invalid()).toEqual([]);
  });
});
